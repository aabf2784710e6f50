/**
 * The one door to the JSON Schema validator: draft-07 and 2020-12. It makes code of a schema, so what was made is remembered;
 * its regular expressions are matched by ours, which no pattern of a stranger may freeze.
 */
import Ajv, { type ErrorObject, type ValidateFunction } from "ajv";
import Ajv2020 from "ajv/dist/2020.js";
import type { Json } from "#proto/matcher.ts";
import { messageOf } from "#shared/errors.ts";
import { isJsonMapping } from "#shared/json-kind.ts";
import { checkSchema } from "#shared/json-schema/check-schema.ts";
import { toTextPattern } from "#shared/pattern/text-pattern.ts";
import { StepError } from "../../driver.ts";
import { showValue } from "../../matcher.ts";
import { FORMATS } from "./formats.ts";

/** Failures that are shown; more are counted only. */
const SHOWN_MAX = 20;
/** All failures are looked for in documents up to this, characters; in larger ones only the first. */
const ALL_LENGTH_MAX = 1024 * 1024;
const REMEMBERED_MAX = 100;

type Made = { readonly first: ValidateFunction; readonly all: () => ValidateFunction };
const remembered = new Map<string, Made>();

/** What of a document does not obey a schema: `/items/0/price must be number, got "free"`. @throws {StepError} When the schema is none. */
export function failuresOf(schema: Json, document: Json): readonly string[] {
  const fault = checkSchema(schema);
  if (fault !== undefined) throw invalid(`at ${fault.pointer || "its root"}: ${fault.message}`);
  return failuresBy(schema, document);
}

/** The same of a schema that was checked, or that comes out of a larger document. */
export function failuresBy(schema: Json, document: Json): readonly string[] {
  try {
    const made = madeOf(schema);
    if (made.first(document) === true) return [];
    const isSmall = JSON.stringify(document).length <= ALL_LENGTH_MAX;
    const judge = isSmall ? made.all() : made.first;
    if (isSmall) judge(document);
    return describe(judge.errors ?? [], { document, isAll: isSmall });
  } catch (thrown) {
    if (thrown instanceof StepError) throw thrown;
    const text = `Cannot judge the document: ${messageOf(thrown)}`;
    throw new StepError("failed", "expect", text);
  }
}

function madeOf(schema: Json): Made {
  const key = JSON.stringify(schema);
  const known = remembered.get(key);
  if (known !== undefined) return known;
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  let all: ValidateFunction | undefined;
  const made: Made = {
    first: compile(schema, false),
    all: () => {
      all ??= compile(schema, true);
      return all;
    },
  };
  remembered.set(key, made);
  return made;
}

function compile(schema: Json, allErrors: boolean): ValidateFunction {
  const isOld = isJsonMapping(schema) && String(schema["$schema"]).includes("draft-07");
  const Validator = isOld ? Ajv : Ajv2020;
  const validator = new Validator({
    allErrors,
    strict: false,
    // Checked by us: the library takes 300 ms to make the code of its own check (two cores, 2026-11).
    validateSchema: false,
    meta: false,
    addUsedSchema: false,
    logger: false,
    verbose: true,
    formats: FORMATS,
    code: { regExp: Object.assign(boundedPattern, { code: "boundedPattern" }) },
  });
  try {
    return validator.compile(withoutDialect(schema));
  } catch (thrown) {
    throw invalid(messageOf(thrown));
  }
}

/** The library would look for the dialect's own schema, which it was not given. */
function withoutDialect(schema: Json) {
  if (!isJsonMapping(schema)) return schema as boolean;
  const { $schema: _, ...others } = schema;
  return others;
}

function boundedPattern(source: string, flags: string) {
  const pattern = toTextPattern(new RegExp(source, flags));
  return {
    test: (text: string): boolean => {
      const answer = pattern.test(text);
      if (answer !== "undecided") return answer;
      throw new Error(
        `the pattern ${source} has too many ways to match a text of ${text.length} characters`,
      );
    },
  };
}

type Seen = { readonly document: Json; readonly isAll: boolean };

function describe(errors: readonly ErrorObject[], { isAll }: Seen): readonly string[] {
  // What of several choices did not fit is said by the choice itself, too; it stands after its parts.
  const texts = [...new Set(errors.map(describeOne))];
  const shown = texts.slice(0, SHOWN_MAX);
  if (texts.length > SHOWN_MAX) return [...shown, `… ${texts.length - SHOWN_MAX} more`];
  return isAll ? shown : [...shown, "… the document is too large to look for more"];
}

function describeOne({ instancePath, message, params, data, keyword }: ErrorObject): string {
  const at = instancePath === "" ? "the document" : instancePath;
  return `${at} ${message ?? keyword}${extraOf(keyword, params)}, got ${showValue(data as Json)}`;
}

function extraOf(keyword: string, params: Record<string, unknown>): string {
  switch (keyword) {
    case "additionalProperties":
      return ` (${JSON.stringify(params["additionalProperty"])})`;
    case "unevaluatedProperties":
      return ` (${JSON.stringify(params["unevaluatedProperty"])})`;
    case "enum":
      return `: ${showValue(params["allowedValues"] as Json)}`;
    case "const":
      return ` ${showValue(params["allowedValue"] as Json)}`;
    default:
      return "";
  }
}

function invalid(reason: string): StepError {
  return new StepError("failed", "schema_invalid", `Not a JSON Schema: ${reason}`);
}
