import { expect, test } from "vitest";
import { tellsExactly, toldOf, withApp, withSettings } from "./original-kit.ts";

tellsExactly([
  [withSettings("screenshot_format: gif"), '4:22 Unknown word "gif" for "screenshot_format"'],
  [withSettings("video_format: avi"), '4:17 Unknown word "avi" for "video_format"'],
  [
    withSettings("quality: 101"),
    '4:12 Expected a whole number from 1 to 100 for "quality", found 101',
  ],
  [withSettings("quality: 80.5"), "4:12 Expected a whole number"],
  [
    withSettings("quality: 0"),
    "4:12 Warning: A quality of 0 means its default, as in the original: 80",
  ],
  [withSettings("headless: perhaps"), '4:13 Expected true or false for "headless"'],
  [withSettings("window_width: wide"), "4:17 Expected a whole number from 1 to 10000"],
  [
    withSettings("mobile_device: iPhon 13"),
    '4:18 Unknown device "iPhon 13": did you mean "iPhone 13"?',
  ],
  [
    withSettings("mobile_device: iPhone 13", "window_width: 800"),
    '5:3 Warning: No effect of settings.window_width: mobile_device "iPhone 13" has a size of its own',
  ],
  [withSettings("log_level: debug"), "4:3 Warning: No effect of settings.log_level here"],
  [
    withSettings("enable_metircs: true"),
    '4:3 Warning: Unknown key "enable_metircs" in settings has no effect: did you mean "enable_metrics"?',
  ],
  [
    withSettings("ai_testing: { enable_learning: yes, confidence_threshold: 0.8 }"),
    "4:17 Warning: No effect of settings.ai_testing.enable_learning here",
    "4:39 Warning: No effect of settings.ai_testing.confidence_threshold here",
  ],
  [
    withSettings("ai_testing: { enable_learning: 5 }"),
    "4:34 Expected true or false for settings.ai_testing.enable_learning, found a single value",
  ],
  [withSettings("ai_testing: on"), "4:15 Expected a mapping for settings.ai_testing"],
  [
    withSettings("cloud: { bucket: b, regoin: x }"),
    "4:12 Warning: No effect of settings.cloud.bucket here",
    '4:23 Warning: Unknown key "regoin" in settings.cloud has no effect: did you mean "region"?',
  ],
  [
    withSettings(
      "cloud: { retention_policy: { days: 7, dyas: 1 }, backup_locations: [a], distributed_nodes: [{ id: 1, ip: x }] }",
    ),
    "4:32 Warning: No effect of settings.cloud.retention_policy.days here",
    '4:41 Warning: Unknown key "dyas" in settings.cloud.retention_policy has no effect',
    "4:52 Warning: No effect of settings.cloud.backup_locations here",
    "4:75 Warning: No effect of settings.cloud.distributed_nodes here",
    '4:104 Warning: Unknown key "ip" in settings.cloud.distributed_nodes has no effect',
  ],
  [
    withSettings("cloud: { backup_locations: a }"),
    "4:30 Expected a list for settings.cloud.backup_locations, found a single value",
  ],
  [
    withSettings("enterprise: { config_path: ./e.yaml, whatever: { a: 1 } }"),
    "4:17 Warning: No effect of settings.enterprise.config_path here",
    "4:40 Warning: No effect of settings.enterprise.whatever here",
  ],
  [
    withSettings("cloud: { encryption: false, sync_interval: 0 }"),
    "4:12 Warning: No effect of settings.cloud.encryption here",
    "4:31 Warning: No effect of settings.cloud.sync_interval here",
  ],
  [withSettings("cloud:", "enterprise: {}", "log_level: ''", "ai_testing: { enable_learning: }")],
  [
    "apps: [{ name: a, type: web, url: / }]\nactions: [{ type: wait }]\nsettings: fast\n",
    '3:11 Expected a mapping for "settings", found "fast"',
  ],
]);

test("a secret of settings or environment is never told, whatever is wrong with it", () => {
  const told = [
    ...toldOf(
      withSettings(
        "cloud: { access_key: [AKIA-SECRET], secret_key: AKIA-SECRET, api_kye: AKIA-SECRET }",
      ),
    ),
    ...toldOf(withSettings("enterprise: AKIA-SECRET")),
    ...toldOf(
      withSettings("cloud: { distributed_nodes: [AKIA-SECRET, { api_key: AKIA-SECRET }] }"),
    ),
    ...toldOf(withApp("environment: { TOKEN: [AKIA-SECRET] }")),
  ];
  expect(told.length).toBeGreaterThan(6);
  expect(told.join("\n")).not.toContain("AKIA-SECRET");
});

test("a window that this machine cannot show is a warning with its line; where nobody knows, nothing is said", () => {
  const text = withSettings("headless: no");
  const told = (hasDisplay?: boolean) => toldOf(text, { hasDisplay });
  expect(told(false)).toEqual([
    "4:13 Warning: headless: false needs a display, and this machine has none: it runs headless",
  ]);
  expect(told(true)).toEqual([]);
  expect(told()).toEqual([]);
  expect(toldOf(withSettings("headless: yes"), { hasDisplay: false })).toEqual([]);
});
