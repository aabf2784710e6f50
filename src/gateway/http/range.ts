/** P: the `Range` header of RFC 9110, section 14, as far as one range of bytes. */
import type { ByteRange } from "../blobs/read-blob.ts";

/** The range that is asked for; undefined for none, or for a form that a server may ignore: then all bytes are the answer. */
export function parseRange(
  header: string | undefined,
  totalBytes: number,
): ByteRange | "unsatisfiable" | undefined {
  const found = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(header ?? "");
  const [first = "", last = ""] = found?.slice(1) ?? [];
  if (first === "" && last === "") return undefined;
  if (first === "") return lastBytes(Number(last), totalBytes);
  const start = Number(first);
  const end = last === "" ? totalBytes - 1 : Math.min(Number(last), totalBytes - 1);
  if (last !== "" && Number(last) < start) return undefined;
  return start < totalBytes ? { start, end } : "unsatisfiable";
}

function lastBytes(count: number, totalBytes: number): ByteRange | "unsatisfiable" {
  if (count === 0 || totalBytes === 0) return "unsatisfiable";
  return { start: Math.max(0, totalBytes - count), end: totalBytes - 1 };
}

/** Whether an `If-None-Match` names the tag: weakly compared, `*` names every one (RFC 9110, 13.1.2). */
export function isTagIn(header: string | undefined, tag: string): boolean {
  const named = (header ?? "").split(",").map((one) => one.trim().replace(/^W\//, ""));
  return named.includes(tag) || named.includes("*");
}
