/** What every step that opens a connection may say beside its address: headers, who it is, how TLS is made. */
import type { Json } from "#proto/matcher.ts";
import type { TestDefinition, TestFile } from "#proto/test.ts";
import { isJsonMapping } from "#shared/json-kind.ts";
import { type Fields, mapOf, mapping, type Values } from "../reading/group-shapes.ts";
import { oneForm } from "../reading/one-form.ts";
import { filePath, flag, typed, word } from "../reading/scalar-shapes.ts";
import { type Reading, refuseBecause, type Shape, shape } from "../reading/shape.ts";

/** Text as a person types it, numbers and booleans too. */
export const cell = typed("text, a number, true or false");

const basic = mapping({
  what: "a basic auth such as { user: anna, password: … }",
  fields: { user: cell, password: cell },
  required: ["user", "password"],
});

const auth = oneForm({
  what: "an auth",
  example: "{ basic: { user: anna, password: … } } or { bearer: … }",
  choice: "kind",
  forms: [
    { by: ["basic"], fields: { basic }, build: (values) => values },
    {
      by: ["bearer"],
      fields: { bearer: typed("a bearer token", { isEmptyAllowed: false }) },
      build: (values) => values,
    },
  ],
});

const VERSIONS = word(["1.2", "1.3"]);
/** Versions look like numbers. */
const version: Shape = shape("1.2 or 1.3", { enum: ["1.2", "1.3", 1.2, 1.3] }, (node, reading) =>
  VERSIONS.read(
    node.kind === "scalar" && typeof node.value === "number"
      ? { ...node, value: node.source }
      : node,
    reading,
  ),
);

const tlsGroup = mapping({
  what: "tls such as { ca: ca.pem }",
  fields: {
    ca: filePath,
    cert: filePath,
    key: filePath,
    pfx: filePath,
    passphrase: cell,
    insecure: flag,
    serverName: typed("a host name", { isEmptyAllowed: false }),
    minVersion: version,
  },
  someOf: ["ca", "cert", "key", "pfx", "insecure", "serverName", "minVersion"],
});

/** Whom connections trust and who they say they are; a certificate and its key go together, and a pfx is both. */
export const tls: Shape = shape(tlsGroup.expected, tlsGroup.schema, (node, reading) => {
  if (node.kind === "mapping") {
    const at = (key: string) => node.entries.find((entry) => entry.key === key)?.at;
    const [cert, key, pfx, passphrase] = ["cert", "key", "pfx", "passphrase"].map(at);
    const alone = key === undefined ? cert : cert === undefined ? key : undefined;
    if (alone !== undefined)
      refuseBecause(alone, "Expected both cert and key in tls, found only one of them", reading);
    if (pfx !== undefined && cert !== undefined)
      refuseBecause(pfx, "Expected a cert with its key or a pfx in tls, found both", reading);
    if (passphrase !== undefined && key === undefined && pfx === undefined)
      refuseBecause(passphrase, "Expected a key or a pfx beside passphrase in tls", reading);
  }
  return tlsGroup.read(node, reading);
});

/** Fields of a step that connects. */
export const CONNECTING_FIELDS: Fields = {
  headers: mapOf(cell, { expected: "a mapping of header names to text", isEmptyAllowed: true }),
  auth,
  tls,
};

/** Those of `values` that are among `keys`, as they are. */
export function pick(values: Values, keys: readonly string[]): { readonly [key: string]: Json } {
  return Object.fromEntries(
    keys.flatMap((key) => (Object.hasOwn(values, key) ? [[key, values[key] ?? null]] : [])),
  );
}

/** The field `tls` of a test, as it travels. */
export function tlsFieldIn(read: (name: string) => Json | undefined): Pick<TestDefinition, "tls"> {
  const value = read("tls");
  return isJsonMapping(value) ? { tls: value } : {};
}

/** The files that it names: what a field says is remembered, and which test it is of, the reader does not know. */
export function filesOfTls(named: TestDefinition["tls"], reading: Reading): readonly TestFile[] {
  const used: TestFile[] = [];
  for (const path of ["ca", "cert", "key", "pfx"].map((key) => named?.[key])) {
    if (typeof path !== "string") continue;
    const node = {
      kind: "scalar",
      value: path,
      source: path,
      isFilled: false,
      line: 1,
      column: 1,
    } as const;
    filePath.read(node, { ...reading, used });
  }
  return used;
}
