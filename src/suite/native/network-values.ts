/** Values that say how a browser reaches the network: how slow it is, by which proxy, with which certificates and headers. */
import type { Json } from "#proto/matcher.ts";
import { displayTemplate } from "#shared/template.ts";
import { listOf, mapOf, mapping } from "../reading/group-shapes.ts";
import { opennessOf } from "../reading/openness.ts";
import { duration, filePath, text, typed, word } from "../reading/scalar-shapes.ts";
import { orTemplate, refuse, refuseBecause, type Shape, shape } from "../reading/shape.ts";
import { mappingOr } from "../reading/two-shapes.ts";
import { checked } from "./checked-values.ts";

const CERTIFICATES_MAX = 20;

/** As the developer tools of Chromium have them. */
const PRESETS: Readonly<Record<string, Json>> = {
  slow3g: { latencyMs: 2_000, downloadBps: 400_000, uploadBps: 400_000 },
  fast3g: { latencyMs: 562.5, downloadBps: 1_440_000, uploadBps: 675_000 },
  "4g": { latencyMs: 165, downloadBps: 8_100_000, uploadBps: 1_350_000 },
};

const RATE = /^(\d+(?:\.\d+)?)\s*(bit|kbit|mbit|gbit|kbps|mbps|gbps)(?:\/s)?$/i;
const BITS: Readonly<Record<string, number>> = { b: 1, k: 1_000, m: 1_000_000, g: 1_000_000_000 };
const RATE_TEXT = "a rate such as 400 kbit/s, 1.6 Mbit/s or a number of kbit/s";

const rate: Shape = shape(
  RATE_TEXT,
  orTemplate({
    anyOf: [
      { type: "number", exclusiveMinimum: 0 },
      { type: "string", pattern: "^\\d+(\\.\\d+)?\\s*[kKmMgG]?([bB][iI][tT]|[bB][pP][sS])(/s)?$" },
    ],
  }),
  (node, reading) => {
    if (node.kind !== "scalar") return refuse(node, RATE_TEXT, reading);
    const bits = typeof node.value === "number" ? node.value * 1_000 : bitsIn(node.value);
    return bits === undefined || bits < 1 ? refuse(node, RATE_TEXT, reading) : Math.round(bits);
  },
);

function bitsIn(written: Json): number | undefined {
  const match = typeof written === "string" ? RATE.exec(written) : null;
  if (match === null) return undefined;
  return Number(match[1]) * (BITS[(match[2] ?? "").charAt(0).toLowerCase()] ?? 1);
}

const throttle = mapping({
  what: "a network such as { latency: 200ms, download: 1.6 Mbit/s, upload: 750 kbit/s }",
  fields: { latency: duration({ isZeroAllowed: true }), download: rate, upload: rate },
  someOf: ["latency", "download", "upload"],
  build: ({ latency, download, upload }) => ({
    latencyMs: latency ?? 0,
    ...(download === undefined ? {} : { downloadBps: download }),
    ...(upload === undefined ? {} : { uploadBps: upload }),
  }),
});

/** A network by name, of these states or a preset, or by its figures. */
export function network(states: readonly string[]): Shape {
  const names = word([...states, ...Object.keys(PRESETS)]);
  const named = shape(names.expected, names.schema, (node, reading) => {
    const found = names.read(node, reading);
    return typeof found === "string" ? (PRESETS[found] ?? found) : found;
  });
  return mappingOr(throttle, named);
}

const PROXY_TEXT = "the address of a proxy such as http://10.0.0.5:3128 or socks5://10.0.0.5:1080";
const SCHEMES = ["http:", "https:", "socks5:"];

const proxyServer = checked(PROXY_TEXT, (written) => {
  const url = urlOf(written.includes("://") ? written : `http://${written}`);
  if (url !== undefined && SCHEMES.includes(url.protocol) && url.hostname !== "") {
    return url.username === "" && url.password === ""
      ? undefined
      : "Expected the user and the password of a proxy beside its server, found them in its address";
  }
  return `Expected ${PROXY_TEXT}, found ${JSON.stringify(written)}`;
});

const host = text("a host such as .example.org");
const bypass = shape(
  "hosts such as [localhost, .example.org]",
  { anyOf: [host.schema, listOf(host, { expected: "" }).schema] },
  (node, reading) => {
    if (node.kind === "list") return listOf(host, { expected: "hosts" }).read(node, reading);
    const found = host.read(node, reading);
    return typeof found === "string" ? found.split(",").map((one) => one.trim()) : found;
  },
);

const proxyMapping = mapping({
  what: "a proxy such as { server: http://10.0.0.5:3128 }",
  fields: { server: proxyServer, user: typed("a user"), password: typed("a password"), bypass },
  required: ["server"],
});

/** A proxy over HTTP or SOCKS5. */
export const proxy: Shape = shape(proxyMapping.expected, proxyMapping.schema, (node, reading) => {
  const found = proxyMapping.read(node, reading) as { readonly [key: string]: Json } | undefined;
  if (found === undefined || found["user"] === undefined) return found;
  if (!String(found["server"]).startsWith("socks5:")) return found;
  return refuseBecause(
    node,
    "Cannot log in to a SOCKS5 proxy: Chromium sends no user to one; name one that asks for none, or an HTTP proxy",
    reading,
  );
});

const originText = "an origin such as https://shop.example.org";
/** Scheme, host and port of a site. */
export const origin = checked(originText, (written) => {
  const url = urlOf(written);
  const isOrigin = url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === "/";
  return isOrigin && url.search + url.hash === ""
    ? undefined
    : `Expected ${originText}, found ${JSON.stringify(written)}`;
});

/** A user and a password for the server's own question (status 401). */
export const httpAuth = mapping({
  what: "a login such as { user: anna, password: … }",
  fields: {
    user: typed("a user", { isEmptyAllowed: false }),
    password: typed("a password"),
    origin,
  },
  required: ["user", "password"],
});

const certificateGroup = mapping({
  what: "a certificate such as { origin: https://…, cert: a.pem, key: a.key }, or with pfx: a.pfx",
  fields: {
    origin,
    cert: filePath,
    key: filePath,
    pfx: filePath,
    passphrase: typed("a passphrase"),
  },
  required: ["origin"],
  someOf: ["cert", "pfx"],
});

const certificate = shape(certificateGroup.expected, certificateGroup.schema, (node, reading) => {
  const found = certificateGroup.read(node, reading) as
    | { readonly [key: string]: Json }
    | undefined;
  if (found === undefined || node.kind !== "mapping") return found;
  const has = (key: string): boolean => node.entries.some((entry) => entry.key === key);
  const isPair = has("cert") && has("key") && !has("pfx");
  if (isPair || (has("pfx") && !has("cert") && !has("key"))) return found;
  if (!has("cert") && !has("pfx")) return found;
  return refuseBecause(
    node,
    'Expected "cert" and "key", or "pfx" alone, in a certificate',
    reading,
  );
});
const certificateList = listOf(certificate, {
  expected: "a list of certificates such as [{ origin: https://…, cert: a.pem, key: a.key }]",
  countMin: 1,
});

/** What a browser shows servers that ask who it is. */
export const clientCertificates: Shape = shape(
  certificateList.expected,
  certificateList.schema,
  (node, reading) =>
    node.kind === "list" && node.items.length > CERTIFICATES_MAX
      ? refuse(node, `at most ${CERTIFICATES_MAX} certificates`, reading)
      : certificateList.read(node, reading),
);

const headerName = checked("the name of a header", (written) =>
  /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(written)
    ? undefined
    : `Expected the name of a header, found ${JSON.stringify(written)}`,
);
const headerValue = typed("the value of a header");
const oneLine = shape(headerValue.expected, headerValue.schema, (node, reading) => {
  const found = headerValue.read(node, reading);
  if (typeof found !== "string" || opennessOf(node) !== "closed") return found;
  return /[\r\n\0]/.test(displayTemplate(found))
    ? refuseBecause(node, "Expected the value of a header in one line, found several", reading)
    : found;
});

/** Names and values of headers. */
export const headers = mapOf(oneLine, {
  expected: "a mapping of header names to values",
  key: headerName,
});

function urlOf(written: string): URL | undefined {
  try {
    return new URL(written);
  } catch {
    // It says no by throwing.
    return undefined;
  }
}
