/** Methods of requests that a page may send, as a suite names those that it looks for. */
import { nearestWord } from "../reading/fault-log.ts";
import { checked } from "./checked-values.ts";

const USUAL = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
/** What HTTP takes for a method. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/** A method in any letter case; one that looks like a slip of a usual one is told, as it would never be met. */
export const method = checked("a method such as POST", (written) => {
  const upper = written.toUpperCase();
  if (USUAL.includes(upper)) return undefined;
  const near = nearestWord(upper, USUAL);
  if (TOKEN.test(written) && near === undefined) return undefined;
  const advice =
    near === undefined ? `expected one of ${USUAL.join(", ")}` : `did you mean "${near}"?`;
  return `Unknown method ${JSON.stringify(written)}: ${advice}`;
});
