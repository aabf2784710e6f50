/** P: what a page said and which requests failed, from the texts that nodes keep. */

export type LogLine = {
  readonly level: "error" | "warning" | "info";
  readonly text: string;
};

const ERROR = /^\[(?:error|page error|assert)\]/;
const WARNING = /^\[warning\]/;

/** A message may go over several lines: those belong to the one before. */
export function consoleLines(text: string): readonly LogLine[] {
  const lines: LogLine[] = [];
  for (const line of text.split("\n")) {
    const isMore = !line.startsWith("[") && !line.startsWith("…");
    const last = lines.at(-1);
    if (isMore && last !== undefined)
      lines[lines.length - 1] = { ...last, text: `${last.text}\n${line}` };
    else if (line !== "") lines.push({ level: levelOf(line), text: line });
  }
  return lines;
}

function levelOf(line: string): LogLine["level"] {
  if (ERROR.test(line)) return "error";
  return WARNING.test(line) ? "warning" : "info";
}

/** `GET http://… 404` for each failed request; a text that is cut or of another form as it is. */
export function networkLines(text: string): readonly LogLine[] {
  const failed = failedRequests(text);
  if (failed === undefined) return [{ level: "info", text }];
  return failed.map((request) => ({ level: "error", text: request }));
}

function failedRequests(text: string): readonly string[] | undefined {
  try {
    const told: unknown = JSON.parse(text);
    if (!isRecord(told) || !Array.isArray(told["failed"])) return undefined;
    const notes = Array.isArray(told["notes"]) ? told["notes"].map(String) : [];
    return [...told["failed"].map(requestText), ...notes];
  } catch {
    // Cut, or not ours: shown as it is.
    return undefined;
  }
}

function requestText(request: unknown): string {
  if (!isRecord(request)) return String(request);
  const { method, url, status, failure } = request;
  return [method, url, status, failure]
    .filter((part) => part !== undefined)
    .map(String)
    .join(" ");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
