/** The fields of a test's browser context and the sessions of a suite: what people write, and what is wrong with it. */
import { expect, test } from "vitest";
import { refersToSecrets } from "#node/attempts/fill.ts";
import { readSetup } from "#node/attempts/read-setup.ts";
import { BrowserSetup } from "#proto/browser-context.ts";
import { errorsOf, expandText, testOf, testsOf } from "./suite-kit.ts";

const STATE = '{"cookies":[],"origins":[]}';
const files = { "s.json": STATE, "bad.json": "{", "a.pem": "c", "a.key": "k", "a.pfx": "p" };
const one = (fields: string) =>
  testOf(`secrets: [P]\ntests: [{ name: t, ${fields}, steps: [{ back: true }] }]`, { files });

const FIELDS: readonly (readonly [field: string, setup: object])[] = [
  ["locale: de-DE", { locale: "de-DE" }],
  ["timezone: Europe/Berlin", { timezone: "Europe/Berlin" }],
  ["timezone: UTC", { timezone: "UTC" }],
  ["colorScheme: no-preference", { colorScheme: "no-preference" }],
  ["reducedMotion: true", { reducedMotion: "reduce" }],
  ["reducedMotion: no-preference", { reducedMotion: "no-preference" }],
  ["forcedColors: active", { forcedColors: "active" }],
  ["forcedColors: false", { forcedColors: "none" }],
  ["contrast: more", { contrast: "more" }],
  [
    "geolocation: { latitude: -90, longitude: 180 }",
    { geolocation: { latitude: -90, longitude: 180 } },
  ],
  ["permissions: [camera, local-fonts]", { permissions: ["camera", "local-fonts"] }],
  ["userAgent: Own/1", { userAgent: "Own/1" }],
  ["headers: { X-A: 007, b: '$${x}' }", { headers: { "X-A": "007", b: "$${x}" } }],
  ["offline: true", { offline: true }],
  ["network: offline", { network: "offline" }],
  ["network: slow3g", { network: { latencyMs: 2000, downloadBps: 400_000, uploadBps: 400_000 } }],
  [
    "network: { latency: 1s, download: 1.5 Mbps }",
    { network: { latencyMs: 1000, downloadBps: 1_500_000 } },
  ],
  ["network: { upload: 64 }", { network: { latencyMs: 0, uploadBps: 64_000 } }],
  ["httpAuth: { user: a, password: 12 }", { httpAuth: { user: "a", password: "12" } }],
  [
    "clientCertificates: [{ origin: 'https://a.b:8443', cert: a.pem, key: a.key }, { origin: 'https://c.d', pfx: a.pfx, passphrase: x }]",
    {
      clientCertificates: [
        { origin: "https://a.b:8443", cert: "a.pem", key: "a.key" },
        { origin: "https://c.d", pfx: "a.pfx", passphrase: "x" },
      ],
    },
  ],
  ["proxy: { server: 'h:1', bypass: 'a, .b' }", { proxy: { server: "h:1", bypass: ["a", ".b"] } }],
  ["proxy: { server: 'socks5://h:1' }", { proxy: { server: "socks5://h:1" } }],
  ["ignoreTlsErrors: true", { ignoreTlsErrors: true }],
  ["javaScript: false", { javaScript: false }],
  ["storage: s.json", { storage: "s.json" }],
];

test.each(FIELDS)("field %s", (field, setup) => {
  const { browser, files: used } = one(field);
  expect(browser).toEqual(setup);
  expect(BrowserSetup.safeParse(browser).success).toBe(true);
  const named = Object.keys(files).filter((file) => field.includes(file));
  expect(used).toHaveLength(named.length);
  expect(used.map(({ path }) => path)).toEqual(expect.arrayContaining(named));
});

const WRONG: readonly (readonly [field: string, message: string])[] = [
  ["locale: de_AT", 'Unknown locale "de_AT": did you mean "de-AT"?'],
  ["locale: germann", 'Unknown locale "germann": did you mean "de"?'],
  ["locale: xx-YY", 'Unknown locale "xx-YY": expected a BCP 47 tag such as en-US or de'],
  ["timezone: Europe/Berln", 'Unknown time zone "Europe/Berln": did you mean "Europe/Berlin"?'],
  ["timezone: '+01:00'", 'Unknown time zone "+01:00": expected a name of the IANA database'],
  ["colorScheme: darkk", 'Unknown word "darkk": did you mean "dark"?'],
  ["geolocation: { latitude: 91, longitude: 0 }", "Expected degrees from -90 to 90, found 91"],
  ["geolocation: { latitude: 1 }", 'Missing "longitude" in a place'],
  ["permissions: [camra]", 'Unknown word "camra": did you mean "camera"?'],
  ["headers: { 'a b': c }", 'Expected the name of a header, found "a b"'],
  ['headers: { a: "b\\nc" }', "Expected the value of a header in one line, found several"],
  ["network: 5g", 'Unknown word "5g": did you mean "4g"?'],
  [
    "network: { download: fast }",
    'Expected a rate such as 400 kbit/s, 1.6 Mbit/s or a number of kbit/s, found "fast"',
  ],
  ["httpAuth: { user: a }", 'Missing "password" in a login'],
  ["httpAuth: { user: a, password: b, origin: a.b }", "Expected an origin such as https://"],
  [
    "clientCertificates: [{ origin: 'https://a', cert: a.pem }]",
    'Expected "cert" and "key", or "pfx" alone',
  ],
  [
    "clientCertificates: [{ origin: 'https://a', pfx: a.pfx, key: a.key }]",
    'Expected "cert" and "key", or "pfx" alone',
  ],
  [
    "clientCertificates: [{ origin: 'https://a', cert: no.pem, key: a.key }]",
    'there is no "no.pem"',
  ],
  ["proxy: { server: 'ftp://a' }", "Expected the address of a proxy"],
  [
    "proxy: { server: 'http://u:p@a:1' }",
    "Expected the user and the password of a proxy beside its server",
  ],
  ["proxy: { server: 'socks5://a:1', user: b }", "Cannot log in to a SOCKS5 proxy"],
  ["storage: bad.json", 'found "bad.json": it is no JSON'],
  ["storage: ../s.json", "Expected a file under the suite's folder"],
  ["userAgent: '${saved.x}'", "${saved.x} is known only on the node"],
  ["session: signIn", 'Unknown session "signIn": the suite has no "sessions"'],
];

test.each(WRONG)("wrong: %s", (field, message) => {
  const text = `tests: [{ name: t, ${field}, steps: [{ back: true }] }]`;
  expect(
    errorsOf(text, { files })
      .map((fault) => fault.message)
      .join("\n"),
  ).toContain(message);
});

test("fields are the web's: errors in an http test, and without effect on it in defaults", () => {
  const http = "platform: http, steps: [{ wait: 1 }]";
  const [fault] = errorsOf(`tests: [{ name: t, locale: de, ${http} }]`);
  expect(fault?.message).toContain('found "locale": it is one of web tests');
  expect(testOf(`defaults: { locale: de }\ntests: [{ name: t, ${http} }]`)).not.toHaveProperty(
    "browser",
  );
});

test("secrets in a setup travel as names, count as secrets, and are filled in on the node", () => {
  const made = one("httpAuth: { user: a, password: '${secrets.P}' }");
  expect(made.browser).toEqual({ httpAuth: { user: "a", password: "${secrets.P}" } });
  expect(refersToSecrets(made)).toBe(true);
  expect(refersToSecrets(one("userAgent: a"))).toBe(false);
  expect(one("tags: [a]")).not.toHaveProperty("browser");
  const bad = { browser: { timezone: { a: "hidden-value" } } };
  expect(() => readSetup(bad, (value) => value)).toThrow(/do not fit at timezone/);
  expect(() => readSetup(bad, (value) => value)).not.toThrow(/hidden-value/);
});

test("a session is planned before all other steps, with blocks of its own; what is wrong with one is told", () => {
  const suite = (session: string) =>
    `sessions: { in: ${session} }\nbeforeEach: [{ reload: true }]\ntests: [{ name: t, session: in, steps: [{ back: true }] }, { name: u, steps: [{ back: true }] }]`;
  const expectation = "{ expect: { visible: a } }";
  const [first, second] = testsOf(
    suite(
      `{ steps: [{ goto: / }, ${expectation}], validate: [${expectation}], maxAge: 1m, timeout: 5s }`,
    ),
  );
  expect(first?.steps.map(({ kind, phase }) => [kind, phase])).toEqual([
    ["session", "before"],
    ["reload", "before"],
    ["back", "main"],
  ]);
  expect(first?.steps[0]).toMatchObject({
    name: "session in",
    timeoutMs: 5000,
    args: { name: "in", maxAgeMs: 60_000 },
    blocks: { steps: [{ kind: "goto" }, { kind: "expect" }], validate: [{ kind: "expect" }] },
  });
  expect(second?.steps[0]?.kind).toBe("reload");
  const wrong = (session: string) =>
    errorsOf(suite(session))
      .map(({ message }) => message)
      .join("\n");
  expect(wrong("{ steps: [] }")).toContain("Expected at least one step in a session, found none");
  expect(wrong("{ step: [{ back: true }] }")).toContain('did you mean "steps"?');
  expect(wrong("{ steps: [{ gotoo: / }] }")).toContain('did you mean "goto"?');
  expect(wrong("{ steps: [{ goto: '${attempt.number}' }] }")).toContain(
    "a step of a session may use",
  );
  const outcome = expandText(suite("{ steps: [{ click: a }] }"));
  expect(
    outcome.kind === "expanded" && outcome.warnings.map(({ message }) => message).join(),
  ).toContain('The session ends with "click"');
});
