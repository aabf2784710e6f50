/** Turns the body of a `request` step into what is sent, with the content type that goes with it. */
import type { Step } from "#proto/step.ts";
import { openable, type Payload, type ResolveFile } from "./sent-file.ts";

export type RequestStep = Extract<Step, { kind: "request" }>;
type StepBody = NonNullable<RequestStep["body"]>;

/** @throws {StepError} When a file cannot be read. */
export async function toPayload(
  body: StepBody | undefined,
  resolveFile: ResolveFile,
): Promise<Payload> {
  switch (body?.kind) {
    case undefined:
      return {};
    case "json":
      return whole(JSON.stringify(body.value), "application/json");
    case "form":
      return { body: { kind: "whole", content: new URLSearchParams(body.fields) } };
    case "text":
      return whole(body.text, "text/plain;charset=UTF-8");
    case "multipart": {
      const { toMultipart } = await import("./multipart.ts");
      return toMultipart(body.fields, resolveFile);
    }
    case "file": {
      const file = await openable(body.file, resolveFile);
      return {
        body: { kind: "pieces", ...file },
        contentType: body.type ?? "application/octet-stream",
      };
    }
  }
}

function whole(content: string, contentType: string): Payload {
  return { body: { kind: "whole", content }, contentType };
}
