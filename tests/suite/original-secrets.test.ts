import fc from "fast-check";
import { expect, test } from "vitest";
import { blankSecrets } from "#suite/original/blank-secrets.ts";
import { damaged, originalText } from "./original-generators.ts";
import { expandText } from "./suite-kit.ts";

const SECRETS = `\uFEFFapps: [{ name: a, type: web, url: / }]
shared: &key AKIA-SHARED
actions:
  - { type: user_create, parameters: { password: AKIA-1, pin: 4711, list: [AKIA-2] } }
  - { type: fill, selector: "#k", value: *key }
settings:
  cloud:
    access_key: AKIA-3
    secret_key: "AKIA-\\"4\\""
    endpoint: 'AKIA-''5'''
    bucket: &bucket AKIA-6
    backup_locations: [AKIA-7, *key]
    distributed_nodes:
      - { id: 1, api_key: AKIA-8 }
    region: |
      AKIA-9
        AKIA-10
    provider: *bucket
    sync_interval: 88174711.5
    cdn_endpoint: 0xC0FFEE
  enterprise: { domain: AKIA-11, whatever: { deep: AKIA-12 } }
  quality: 50
`;

test("blankSecrets() keeps what cloud, enterprise and unsupported actions say to itself, and every place", () => {
  const { text } = blankSecrets({ file: "s.yaml", text: SECRETS });
  expect(text).not.toMatch(/AKIA-\d/);
  expect(text.match(/AKIA/g)).toHaveLength(1);
  expect(text).not.toMatch(/8817|4711|C0FFEE/);
  expect(text.length).toBe(SECRETS.length);
  expect(text.split("\n").length).toBe(SECRETS.split("\n").length);
  const options = { skipUnsupported: true };
  expect(expandText(text, options)).toEqual(expandText(SECRETS, options));
});

test("native suites and files that cannot be read stay as they are", () => {
  for (const text of ["tests: []\nsettings: { cloud: { access_key: A } }", "apps: [", ""])
    expect(blankSecrets({ file: "s", text }).text).toBe(text);
});

test("blankSecrets() changes nothing about what a suite says, damaged or not", () => {
  fc.assert(
    fc.property(fc.oneof(originalText, damaged(originalText)), (text) => {
      const blanked = blankSecrets({ file: "suite.yaml", text }).text;
      const options = { skipUnsupported: true };
      expect(expandText(blanked, options)).toEqual(expandText(text, options));
    }),
    { numRuns: 150 },
  );
});
