/**
 * A process that judges suites one after the other and says so line by line: one that reads for ever is ended from outside.
 * Words: SEED FROM COUNT, or SEED INDEX shrink.
 */
import { messageOf } from "#shared/errors.ts";
import { judgeSuite } from "./judge-suite.ts";
import { makeSuiteInput, type SuiteInput } from "./suite-input.ts";

const SHRINK_TRIES_MAX = 400;

const say = (words: unknown): void => void process.stdout.write(`${JSON.stringify(words)}\n`);

function judge(index: number, input: SuiteInput): void {
  const begunMs = performance.now();
  let answer: string = "broken";
  let text = "";
  try {
    answer = judgeSuite(input);
  } catch (thrown) {
    text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : messageOf(thrown);
  }
  const { rss } = process.memoryUsage();
  say({ index, answer, text, ms: performance.now() - begunMs, rss });
}

/** The same fault by fewer lines, then by fewer characters of a line. */
function shrink(input: SuiteInput): Uint8Array {
  const wanted = faultOf(input);
  let text = new TextDecoder().decode(input.bytes);
  let tries = 0;
  const isSame = (shorter: string) => {
    tries += 1;
    return faultOf({ ...input, bytes: new TextEncoder().encode(shorter) }) === wanted;
  };
  if (wanted === undefined || !isSame(text)) return input.bytes;
  for (const separator of ["\n", " "]) {
    let parts = text.split(separator);
    for (let size = Math.ceil(parts.length / 2); size >= 1; size = Math.floor(size / 2)) {
      for (let at = 0; at < parts.length && tries < SHRINK_TRIES_MAX; ) {
        const fewer = [...parts.slice(0, at), ...parts.slice(at + size)];
        if (isSame(fewer.join(separator))) parts = fewer;
        else at += size;
      }
    }
    text = parts.join(separator);
  }
  return new TextEncoder().encode(text);
}

function faultOf(input: SuiteInput): string | undefined {
  try {
    judgeSuite(input);
    return undefined;
  } catch (thrown) {
    return messageOf(thrown).replace(/\d+/g, "").slice(0, 40);
  }
}

const [seed = "", from = "0", count = "0"] = process.argv.slice(2);
const inputOf = (index: number) => makeSuiteInput(`${seed}/suites/${index}`);
if (count === "shrink") {
  say({ base64: Buffer.from(shrink(inputOf(Number(from)))).toString("base64") });
} else {
  for (let index = Number(from); index < Number(from) + Number(count); index += 1) {
    say({ index, answer: "begun" });
    judge(index, inputOf(index));
  }
}
