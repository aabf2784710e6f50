/** Which program shows a page. */
import { expect, test } from "vitest";
import { chooseOpener } from "#cli/open/opener.ts";

const find = (name: string) => `/usr/bin/${name}`;

test("chooseOpener() takes what the system brings, and says what is missing elsewhere", () => {
  const on = (platform: NodeJS.Platform, hasDisplay = true) =>
    chooseOpener({ platform, hasDisplay, find });
  expect(on("darwin", false)).toMatchObject({ path: "/usr/bin/open", isExitCodeMeant: true });
  expect(on("win32", false)).toMatchObject({ path: "explorer.exe", isExitCodeMeant: false });
  expect(on("linux")).toMatchObject({ path: "/usr/bin/xdg-open", isExitCodeMeant: true });
  expect(on("linux", false)).toMatchObject({
    kind: "none",
    reason: expect.stringContaining("no display"),
  });
  const bare = chooseOpener({ platform: "linux", hasDisplay: true, find: () => undefined });
  expect(bare).toMatchObject({
    kind: "none",
    reason: expect.stringContaining("xdg-open is not on PATH"),
  });
});
