/** Turns the body of a `request` step into what fetch takes, with the content type that goes with it. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Step } from "#proto/step.ts";
import type { Part } from "#proto/steps/request.ts";
import { messageOf } from "#shared/errors.ts";
import { StepError } from "../driver.ts";

export type RequestStep = Extract<Step, { kind: "request" }>;
type StepBody = NonNullable<RequestStep["body"]>;

export type Payload = {
  /** Absent: no body. Every form can be sent again after a 307. */
  readonly body?: string | URLSearchParams | FormData;
  /** Set unless the step names its own; absent where fetch makes it (the boundary of a form). */
  readonly contentType?: string;
};

/** @throws {StepError} When a file cannot be read. */
export async function toPayload(
  body: StepBody | undefined,
  resolveFile: (path: string) => string,
): Promise<Payload> {
  switch (body?.kind) {
    case undefined:
      return {};
    case "json":
      return { body: JSON.stringify(body.value), contentType: "application/json" };
    case "form":
      return { body: new URLSearchParams(body.fields) };
    case "text":
      return { body: body.text, contentType: "text/plain;charset=UTF-8" };
    case "multipart":
      return { body: await toForm(body.fields, resolveFile) };
    case "file":
      throw new StepError("failed", "request", `Cannot send the file ${body.file}`);
  }
}

type Fields = Extract<StepBody, { kind: "multipart" }>["fields"];

async function toForm(fields: Fields, resolveFile: (path: string) => string): Promise<FormData> {
  const form = new FormData();
  for (const [name, parts] of Object.entries(fields))
    for (const part of [parts].flat()) {
      if (typeof part === "string") form.append(name, part);
      else if ("value" in part) form.append(name, part.value);
      else form.append(name, await toFile(part, resolveFile));
    }
  return form;
}

type FilePart = Extract<Part, { file: string }>;

async function toFile(part: FilePart, resolveFile: (path: string) => string): Promise<File> {
  try {
    const bytes = await readFile(resolveFile(part.file));
    const type = part.type ?? "application/octet-stream";
    return new File([new Uint8Array(bytes)], basename(part.file), { type });
  } catch (thrown) {
    const text = `Cannot send the file ${part.file}: ${messageOf(thrown)}`;
    throw new StepError("failed", "request", text);
  }
}
