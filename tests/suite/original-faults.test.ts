import { expect, test } from "vitest";
import { tellsExactly, toldOf, withActions, withApp } from "./original-kit.ts";

tellsExactly([
  [
    withActions("{ type: clik, selector: a }"),
    '3:13 Unknown action type "clik": did you mean "click"?',
  ],
  [
    withActions("{ type: Navigate, url: / }"),
    '3:13 Unknown action type "Navigate": did you mean "navigate"?',
  ],
  [withActions("{ selector: a }"), '3:5 Missing "type" in an action'],
  [withActions("{ type: '' }"), '3:5 Missing "type" in an action'],
  [withActions("{ type: [a] }"), '3:13 Expected text for "type", found a list'],
  [withActions("click"), "3:5 Expected an action such as"],
  [
    withActions("{ type: click }"),
    '3:5 Missing "selector" in an action: click needs a selector (or a target)',
  ],
  [withActions("{ type: click, selector: ' ' }"), '3:5 Missing "selector"'],
  [
    withActions("type: click\n    selector: #user"),
    '3:5 Missing "selector" in an action: click needs a selector (or a target); what begins with # needs quotes',
  ],
  [
    withActions("{ type: fill, value: x }"),
    '3:5 Missing "selector" in an action: fill needs a selector',
  ],
  [
    withActions("{ type: fill, target: '#a', value: x }"),
    '3:5 Missing "selector" in an action: fill needs a selector',
    '3:19 Warning: No effect of target on the action type "fill"',
  ],
  [
    withActions("{ type: fill, selector: { a: 1 } }"),
    '3:29 Expected text for "selector", found a mapping',
  ],
  [
    withActions("{ type: navigate }"),
    '3:5 Missing "url" in an action: navigate needs a url (or a value)',
  ],
  [
    withActions("{ type: wait, wait_time: -1 }"),
    '3:30 Expected a number of seconds from 0 to 86400 for "wait_time", found -1',
  ],
  [
    withActions("{ type: wait, wait_time: soon }"),
    '3:30 Expected a number of seconds from 0 to 86400 for "wait_time", found "soon"',
  ],
  [withActions('{ type: wait, wait_time: "3" }'), "3:30 Expected a number of seconds"],
  [withActions("{ type: record, duration: 1e9 }"), "3:31 Expected a number of seconds"],
  [
    withActions("{ type: wait, screenshot: maybe }"),
    '3:31 Expected true or false for "screenshot", found "maybe"',
  ],
  [withActions("{ type: wait, record: 1 }"), '3:27 Expected true or false for "record", found 1'],
  [
    withActions("{ type: screenshot, parameters: x.png }"),
    '3:37 Expected a mapping for "parameters", found "x.png"',
  ],
  [
    withActions("{ type: screenshot, parameters: { filename: [a] } }"),
    '3:49 Expected text for "filename"',
  ],
  [
    "apps: [{ name: a, type: web, url: / }]\nactions: {}\n",
    '2:10 Expected a list of actions for "actions", found an empty mapping',
  ],
]);

tellsExactly([
  [
    withActions("{ type: click, selector: a, wait_time: 3 }"),
    '3:33 Warning: No effect of wait_time on the action type "click"',
  ],
  [
    withActions("{ type: click, selector: a, target: b }"),
    "3:33 Warning: No effect of target beside selector",
  ],
  [
    withActions("{ type: navigate, url: /, value: b }"),
    "3:31 Warning: No effect of value beside url",
  ],
  [
    withActions("{ type: submit, target: b }"),
    '3:21 Warning: No effect of target on the action type "submit"',
  ],
  [
    withActions("{ type: wait, duration: 3 }"),
    '3:19 Warning: No effect of duration on the action type "wait"',
  ],
  [withActions("{ type: wait, value: '', duration: 0, selector: , parameters: {} }")],
  [
    withActions("{ type: wait, wait_tiem: 3 }"),
    '3:19 Warning: Unknown key "wait_tiem" in an action has no effect: did you mean "wait_time"?',
  ],
  [
    withActions("{ type: screenshot, parameters: { quality: 3 } }"),
    '3:39 Warning: No effect of parameters.quality on the action type "screenshot"',
  ],
  [
    withActions("{ type: click, selector: a, parameters: { filename: x } }"),
    '3:47 Warning: No effect of parameters.filename on the action type "click"',
  ],
  [withActions("{ type: record, record: true }"), "3:21 Warning: No effect of record on a record"],
  [withActions("{ type: record, duration: 0 }"), "3:31 Warning: A duration of 0 means its default"],
  [
    withActions("{ type: wait, wait_time: 31 }"),
    '3:5 Warning: The wait of 31 s is longer than the timeout of 30 s of the app "shop": it will fail',
  ],
]);

tellsExactly([
  ["name: x\nactions: [{ type: wait }]\n", "1:1 Expected at least one app such as"],
  [withApp("timeout: 1_000.5")],
  [withApp("timeout: 0b11")],
  ["apps: []\n", "1:1 Expected at least one app such as"],
  ["apps:\n", "1:1 Expected at least one app such as"],
  ["apps: {}\n", '1:7 Expected a list of apps for "apps", found an empty mapping'],
  ["apps: web\n", '1:7 Expected a list of apps for "apps", found "web"'],
  ["apps: [web]\nactions: [{ type: wait }]\n", "1:8 Expected an app such as"],
  ["apps: [{ type: web, url: / }]\nactions: [{ type: wait }]\n", '1:8 Missing "name" in an app'],
  [
    "apps: [{ name: a, url: / }]\nactions: [{ type: wait }]\n",
    '1:8 Missing "type" in an app: expected one of web',
  ],
  [
    "apps: [{ name: a, type: wep, url: / }]\nactions: [{ type: wait }]\n",
    '1:25 Unknown app type "wep": did you mean "web"?',
  ],
  [
    "apps: [{ name: a, type: web }]\nactions: [{ type: wait }]\n",
    '1:8 Missing "url" in an app: the type "web" needs it',
  ],
  [
    "apps: [{ name: a, type: web, url: '' }]\nactions: [{ type: wait }]\n",
    '1:8 Missing "url" in an app',
  ],
  [withApp("timeout: x"), '1:50 Expected a number of seconds from 0 to 86400 for "timeout"'],
  [withApp("timeout: 0"), "1:50 Warning: A timeout of 0 means its default"],
  [withApp("environment: [a]"), '1:54 Expected a mapping for "environment"'],
  [
    withApp("environment: { a: [1] }"),
    '1:56 Expected a name and a text for the environment, found "a"',
  ],
  [
    withApp("device: x, platform: android, emulator: true, path: /x"),
    '1:41 Warning: No effect of device on an app of the type "web"',
    "1:52 Warning: No effect of platform",
    "1:71 Warning: No effect of emulator",
    "1:87 Warning: No effect of path",
  ],
  [withApp("emulator: false, device: ''")],
  [
    withApp("tiemout: 5"),
    '1:41 Warning: Unknown key "tiemout" in an app has no effect: did you mean "timeout"?',
  ],
  [
    "apps: [{ name: a, type: web, url: / }, { name: a, type: web, url: / }]\nactions: [{ type: wait }]\n",
    '1:48 Warning: The app "a" is there already: this one is named "a (2)"',
  ],
  [
    "apps: [{ name: a, type: web, url: /, actions: [{ type: wait }] }]\nactions: [{ type: submit }]\n",
    "2:1 Warning: No effect of actions: each app has actions of its own",
  ],
  [
    "apps: [{ name: a, type: web, url: / }]\nactions: [{ type: wait }]\nsetings: {}\nname: x\n",
    '3:1 Warning: Unknown key "setings" in a suite of the original Panoptic has no effect: did you mean "settings"?',
  ],
  [
    "apps: [{ name: a, type: web, url: / }]\nactions: [{ type: wait }]\nname: [x]\n",
    '3:7 Expected text for "name", found a list',
  ],
  [
    "apps: [{ name: a, type: web, url: / }]\nactions: [{ type: wait }]\noutput: [x]\n",
    '3:9 Expected text for "output", found a list',
  ],
  [
    "apps: [{ name: a, type: web, url: / }]\nactions: wait\n",
    '2:10 Expected a list of actions for "actions", found "wait"',
  ],
  [
    "apps: [{ name: a, type: web, url: / }]\napps: []\n",
    '2:1 Duplicate key "apps": it stands on line 1 already',
  ],
]);

tellsExactly([
  [
    withActions("{ type: vision_click, parameters: { type: button } }"),
    '3:13 The action type "vision_click" is not supported yet: --skip-unsupported runs the suite without it',
  ],
  [
    "apps: [{ name: a, type: desktop, path: /x }]\nactions: [{ type: wait }]\n",
    '1:25 The app type "desktop" is not supported yet',
  ],
  [
    "apps: [{ name: a, type: mobile, platform: android }]\nactions: [{ type: wait }]\n",
    '1:25 The app type "mobile" is not supported yet',
  ],
  [
    "apps: [{ name: a, type: desktop }]\nactions: [{ type: wait }]\n",
    '1:8 Missing "path" in an app',
    '1:25 The app type "desktop"',
  ],
  [
    "apps: [{ name: a, type: mobile, platform: adroid }]\nactions: [{ type: wait }]\n",
    "1:25 The app type",
    '1:43 Unknown platform "adroid": did you mean "android"?',
  ],
]);

test("everything wrong with a file is told at once, in the order of the file", () => {
  const text = [
    "apps:",
    "  - { name: a, type: wbe, url: / }",
    "  - { name: b, type: web }",
    "actions:",
    "  - { type: clik }",
    "  - { type: fill }",
    "settings: { quality: x }",
    "",
  ].join("\n");
  expect(toldOf(text).map((line) => line.split(" ")[0])).toEqual([
    "2:22",
    "3:5",
    "5:13",
    "6:5",
    "7:22",
  ]);
});
