/** What the script in a recorded page says: pages may say anything, so it is read as a message from outside. */
import { z } from "zod";

const TEXT_MAX = 10_000;
const Short = z.string().max(500);

/** A way to find an element that the page thinks good; whether it is, the engine of our own locators decides. */
export const Candidate = z.strictObject({
  by: z.enum(["role", "label", "testId", "placeholder", "text", "css"]),
  value: Short,
  name: Short.optional(),
  /** A part of the page around it, by its role and by what else stands there. */
  within: z.strictObject({ role: Short, hasText: Short }).optional(),
});
export type Candidate = z.infer<typeof Candidate>;

const target = {
  /** Of the element, in its document. */
  id: z.number().int().min(0),
  /** When its document began: numbers begin anew with it. */
  document: z.number(),
  /** Best first. */
  candidates: z.array(Candidate).max(20),
};
const point = z.strictObject({ x: z.number(), y: z.number() });

export const Signal = z.discriminatedUnion("kind", [
  /** The element will perhaps be used soon. */
  z.strictObject({ kind: z.literal("aim"), ...target }),
  z.strictObject({
    kind: z.literal("click"),
    ...target,
    button: z.enum(["left", "right", "middle"]),
    modifiers: z.array(z.enum(["Control", "Meta", "Shift"])).max(3),
    position: point.optional(),
  }),
  z.strictObject({ kind: z.literal("dblclick"), ...target }),
  z.strictObject({ kind: z.literal("check"), ...target, isChecked: z.boolean() }),
  /** What stands in the field now. */
  z.strictObject({ kind: z.literal("fill"), ...target, value: z.string().max(TEXT_MAX) }),
  /** The same of a field for secrets: its value is kept in memory alone, so that it can be kept out of all else. */
  z.strictObject({
    kind: z.literal("secret"),
    ...target,
    field: Short,
    value: z.string().max(TEXT_MAX).default(""),
  }),
  z.strictObject({ kind: z.literal("press"), ...target, key: z.string().min(1).max(50) }),
  z.strictObject({
    kind: z.literal("select"),
    ...target,
    options: z.array(z.string().max(1_000)).max(100),
  }),
  z.strictObject({
    kind: z.literal("upload"),
    ...target,
    files: z
      .array(z.strictObject({ name: z.string().max(255), base64: z.string().optional() }))
      .max(20),
  }),
  z.strictObject({
    kind: z.literal("expect"),
    ...target,
    /** What can be demanded of it; absent: that it is visible. */
    text: z.string().max(1_000).optional(),
    value: z.string().max(1_000).optional(),
    isChecked: z.boolean().optional(),
  }),
]);
export type Signal = z.infer<typeof Signal>;
/** One that is about something a person did. */
export type ActSignal = Exclude<Signal, { readonly kind: "aim" }>;
