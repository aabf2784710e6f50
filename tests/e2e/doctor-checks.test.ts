/** Doctor's checks, each on something that works and on the same thing broken. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { checkBrowsers } from "#cli/doctor/check-browsers.ts";
import { askGateway, checkClock, judgeGateway, skewOf } from "#cli/doctor/check-clock.ts";
import { checkFilms } from "#cli/doctor/check-films.ts";
import { checkFolder } from "#cli/doctor/check-folders.ts";
import { judgeMemory, judgeOpenFiles } from "#cli/doctor/check-memory.ts";
import { checkNats } from "#cli/doctor/check-nats.ts";
import { checkPort } from "#cli/doctor/check-ports.ts";
import type { Finding } from "#cli/finding.ts";
import { type Clock, systemClock } from "#shared/clock.ts";
import { readConfig } from "#shared/config.ts";

const { searchPath } = readConfig();
const MB = 1_048_576;

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "panoptic-doctor-test-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
/** A program that does what a shell script says. */
function fakeProgram(
  name: string,
  script: string,
): { readonly dir: string; readonly path: string } {
  const dir = folder();
  const path = join(dir, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return { dir, path };
}
const broken = (finding: Finding | undefined, said: RegExp) => {
  expect(finding).toMatchObject({ state: "broken", said: expect.stringMatching(said) });
  expect(finding?.fix).toMatch(/\w{4}/);
};

describe("checkNats()", () => {
  const check = (path: string) => checkNats({ searchPath: path, clock: systemClock });
  test("starts the server and sends a message through it", async () => {
    expect(await check(searchPath)).toMatchObject({
      state: "works",
      said: expect.stringMatching(/\d+\.\d+.* a message there and back took [\d.]+ ms/),
    });
  });
  test("is broken by a server that is too old, and by one that does not start", async () => {
    const old = fakeProgram("nats-server", "echo 'nats-server: v2.2.6'");
    broken(await check(old.dir), /v2\.2\.6.*2\.9 or newer is needed/);
    const older = fakeProgram("nats-server", "echo 'nats-server: v1.10.0'");
    broken(await check(older.dir), /v1\.10\.0.*2\.9 or newer is needed/);
    const dead = `[ "$1" = --version ] && echo 'nats-server: v2.10.1' && exit; exit 1`;
    broken(await check(fakeProgram("nats-server", dead).dir), /Cannot start nats-server/);
  });
});

describe("checkBrowsers()", () => {
  test("launches what is here, and names what is not supported yet", async () => {
    const found = await checkBrowsers({ searchPath });
    const of = (name: string) => found.find((one) => one.name === name);
    expect(of("platform web")?.said).toMatch(/^chromium \d+.* opened a page \(.+\)$/);
    expect(of("platform http")?.state).toBe("works");
    for (const engine of ["firefox", "webkit"])
      expect(of(`browser ${engine}`)).toMatchObject({
        state: "absent",
        said: expect.stringContaining("not supported yet"),
      });
    expect(of("browser with windows")?.state ?? "works").not.toBe("broken");
  });
  test("is broken by a browser that does not start", async () => {
    const { path } = fakeProgram("chromium", "echo no display >&2; exit 1");
    const found = await checkBrowsers({ browserPath: path });
    broken(
      found.find(({ name }) => name === "platform web"),
      /Cannot start the browser/,
    );
  });
});

describe("checkFilms()", () => {
  test("makes a film of each format", async () => {
    const found = await checkFilms({ searchPath });
    expect(found.map(({ name, state }) => [name, state])).toEqual([
      ["ffmpeg, webm", "works"],
      ["ffmpeg, mp4", "works"],
    ]);
  });
  test("is broken when there is none, when it fails, and when what it writes is no film", async () => {
    broken((await checkFilms({ ffmpegPath: "/nowhere/ffmpeg" }))[0], /there is none/);
    const failing = fakeProgram("ffmpeg", "echo 'Unknown encoder libx264' >&2; exit 1");
    for (const finding of await checkFilms({ ffmpegPath: failing.path }))
      broken(finding, /ended with 1: .*Unknown encoder/);
    const lying = fakeProgram("ffmpeg", 'cat >/dev/null; for last; do :; done; echo no >"$last"');
    for (const finding of await checkFilms({ ffmpegPath: lying.path }))
      broken(finding, /wrote 3 bytes that are no (webm|mp4)/);
  });
});

describe("checkFolder()", () => {
  const check = (path: string, freeBytesMin = 1) =>
    checkFolder({ name: "data", path, freeBytesMin });
  test("writes to the folder, or to the one that it would be made in", () => {
    const dir = folder();
    expect(check(dir)).toMatchObject({
      state: "works",
      said: expect.stringMatching(/\d+ MB free/),
    });
    expect(check(join(dir, "not", "there")).state).toBe("works");
  });
  test("is broken by a folder that cannot be, and by a disk that is too full", () => {
    const { path } = fakeProgram("file", "");
    broken(check(join(path, "below")), /cannot write to/);
    broken(check(folder(), Number.MAX_SAFE_INTEGER), /MB free/);
  });
});

test("checkPort() is broken by a port that is used", async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  broken(await checkPort("HTTP port", port), /is used by another program/);
  expect((await checkPort("HTTP port", undefined)).state).toBe("works");
});

describe("checkClock()", () => {
  const clockOf = (wallMs: number, monotonicMs = systemClock.monotonicMs): Clock => ({
    ...systemClock,
    wallMs: () => wallMs,
    monotonicMs,
  });
  test("takes this machine's clocks", async () => {
    expect((await checkClock(systemClock)).state).toBe("works");
  });
  test("is broken by a clock that nobody set, and by one that does not run", async () => {
    broken(await checkClock(clockOf(0)), /1970-01-01/);
    broken(await checkClock(clockOf(Number.MAX_VALUE)), /it shows/);
    broken(
      await checkClock(clockOf(systemClock.wallMs(), () => 7)),
      /durations cannot be measured/,
    );
  });
});

describe("a gateway's clock", () => {
  async function gatewayThatSays(date: string | undefined, status = 200): Promise<string> {
    const server = createServer((_, response) => {
      response.sendDate = false;
      response.writeHead(status, date === undefined ? {} : { date }).end("{}");
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    onTestFinished(() => void server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const judged = async (url: string) => judgeGateway(url, await askGateway({ url }, systemClock));
  const inMs = (ms: number) => new Date(systemClock.wallMs() + ms).toUTCString();
  test("agrees within what a Date header can tell", async () => {
    expect(await judged(await gatewayThatSays(inMs(0)))).toMatchObject({
      state: "works",
      said: expect.stringContaining("agrees"),
    });
    expect((await judged(await gatewayThatSays(undefined))).said).toContain("does not tell");
  });
  test("is broken by a difference of more than two seconds, and by a gateway that is not there", async () => {
    broken(await judged(await gatewayThatSays(inMs(3_600_000))), /is 3\d+ s ahead of ours/);
    broken(await judged(await gatewayThatSays(inMs(-10_000))), /is \d+ s behind ours/);
    broken(await judged(await gatewayThatSays(inMs(0), 503)), /status 503/);
    broken(await judged("http://127.0.0.1:1"), /cannot reach/);
  });
  test("skewOf() tells only what is sure, whatever the clocks", () => {
    const cases = fc.record({
      askedMs: fc.integer({ min: 1e12, max: 2e12 }),
      aheadMs: fc.integer({ min: -1e7, max: 1e7 }),
      tookMs: fc.nat(5_000),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(cases, ({ askedMs, aheadMs, tookMs, part }) => {
        const saidMs = askedMs + part * tookMs + aheadMs;
        const skewMs = skewOf(new Date(saidMs).toUTCString(), askedMs, askedMs + tookMs) ?? 0;
        expect(Math.abs(skewMs)).toBeLessThanOrEqual(Math.abs(aheadMs) + 1);
        expect(Math.abs(skewMs - aheadMs)).toBeLessThanOrEqual(tookMs + 1_000);
      }),
    );
    expect(skewOf("no date", 0, 0)).toBeUndefined();
    expect(skewOf(null, 0, 0)).toBeUndefined();
  });
});

test("judgeMemory() is broken by more slots than there is memory for, and says how many fit", () => {
  expect(judgeMemory(1_100 * MB, 2).state).toBe("works");
  broken(judgeMemory(1_100 * MB, 3), /1100 MB available, 3 slots take about 1300 MB/);
  expect(judgeMemory(1_100 * MB, 3).fix).toContain("--slots 2");
  expect(judgeMemory(300 * MB, 1).fix).toContain("one slot takes about 700 MB");
});

test("judgeOpenFiles() is broken by a limit that a busy node reaches", () => {
  expect(judgeOpenFiles(1_024).state).toBe("works");
  broken(judgeOpenFiles(256), /^256 /);
});
