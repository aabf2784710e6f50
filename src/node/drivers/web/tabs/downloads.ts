/**
 * The `download` step. What a page sends for download without such a step is not taken.
 *
 * A file is bounded in size while it comes, as far as the browser tells (Chromium does), else when it is there. It is kept as
 * an artifact when nothing secret is in it, or only text of which the secrets can be masked: what a packed format holds cannot
 * be searched, so beside secrets such a file is missing, with that reason (K1). What is saved of it is of the file as it came.
 */

import { isUtf8 } from "node:buffer";
import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { BrowserContext, Download } from "playwright-core";
import type { Json } from "#proto/matcher.ts";
import type { Step } from "#proto/step.ts";
import { messageOf, unreachable } from "#shared/errors.ts";
import { hashFile } from "../../../artifacts/take-in.ts";
import { StepError } from "../../driver.ts";
import { untilAborted } from "../../guard.ts";
import { resolveUrl } from "../../url.ts";
import { toPageLocator } from "../locate.ts";
import { plainMessage } from "../playwright-error.ts";
import { bounds, type Scene } from "../scene.ts";

type DownloadStep = Extract<Step, { kind: "download" }>;

const FILE_BYTES_MAX = 100 * 1024 * 1024;
/** Of one whose content is saved. */
const CONTENT_BYTES_MAX = 1024 * 1024;
/** Of one that is searched for secrets, in memory. */
const SEARCHED_BYTES_MAX = 16 * 1024 * 1024;

export class Downloads {
  readonly #context: BrowserContext;
  #awaited = 0;
  #count = 0;

  constructor(context: BrowserContext, note: (line: string) => void) {
    this.#context = context;
    context.on("download", (download) => {
      if (this.#awaited > 0) return;
      note(`[download] not taken, as no step waits for it: ${download.url()}`);
      // One that is over already is removed with the context.
      download.cancel().catch(() => undefined);
    });
  }

  /** Starts a download, waits for its end, hands the file over and saves what is asked for. */
  async perform(scene: Scene, step: DownloadStep): Promise<void> {
    this.#awaited += 1;
    try {
      const { signal } = scene;
      const coming = this.#context.waitForEvent("download", { timeout: 0, signal });
      // What starts it tells its own failure first.
      coming.catch(() => undefined);
      await start(scene, step);
      await this.#take(scene, step, await untilAborted(coming, signal, () => noneCame(scene)));
    } finally {
      this.#awaited -= 1;
    }
  }

  async #take(scene: Scene, step: DownloadStep, download: Download): Promise<void> {
    this.#count += 1;
    const path = join(scene.options.workspaceDir, `download-${this.#count}`);
    try {
      await bringFile(scene, download, path);
      const file = await describeFile(scene, download, path);
      const content = step.content === undefined ? {} : await readContent(path, step.content);
      if (step.save !== undefined) scene.context.save(step.save, { ...file, ...content });
      await keep(scene, { path, name: step.as ?? file.name, bytes: file.bytes });
    } catch (thrown) {
      await rm(path, { force: true });
      throw thrown;
    } finally {
      // The browser's own copy; what is left goes with the context.
      download.delete().catch(() => undefined);
    }
  }
}

async function start(scene: Scene, { by }: DownloadStep): Promise<void> {
  switch (by.kind) {
    case "click":
      return toPageLocator(scene.page, by.locator).click(bounds(scene));
    case "goto": {
      const url = resolveUrl(by.url, scene.options.baseUrl, "download").href;
      return void (await scene.page.goto(url, bounds(scene)).catch(throwUnlessDownload));
    }
    default:
      return unreachable(by);
  }
}

/** A page whose address turns out to be a file is not left. */
function throwUnlessDownload(thrown: unknown): null {
  if (/Download is starting|net::ERR_ABORTED/.test(messageOf(thrown))) return null;
  throw thrown;
}

const noneCame = ({ context }: Scene): StepError =>
  new StepError("failed", "timeout", `No download began within ${context.timeoutMs} ms`);

/** Waits for its end and copies it. @throws {StepError} `download` when it broke off, or is too large. */
async function bringFile(scene: Scene, download: Download, path: string): Promise<void> {
  const { signal, context, control } = scene;
  let isTooLarge = false;
  const cancel = () => {
    // One that is over cannot be cancelled any more.
    download.cancel().catch(() => undefined);
  };
  const onProgress = (event: { readonly receivedBytes: number; readonly totalBytes: number }) => {
    if (Math.max(event.receivedBytes, event.totalBytes) <= FILE_BYTES_MAX) return;
    isTooLarge = true;
    cancel();
  };
  control.on("Page.downloadProgress", onProgress);
  try {
    await control.send("Page.enable");
    const late = () =>
      new StepError(
        "failed",
        "timeout",
        `The download was not over within ${context.timeoutMs} ms`,
      );
    const failure = await untilAborted(download.failure(), signal, late);
    if (isTooLarge) throw tooLarge();
    if (failure !== null) throw cannot(`it broke off: ${failure}`);
    const taken = await untilAborted(download.path(), signal, late);
    if ((await stat(taken)).size > FILE_BYTES_MAX) throw tooLarge();
    await download.saveAs(path);
  } catch (thrown) {
    cancel();
    if (thrown instanceof StepError) throw thrown;
    throw cannot(plainMessage(messageOf(thrown)));
  } finally {
    control.off("Page.downloadProgress", onProgress);
  }
}

type FileFacts = {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly url: string;
};

async function describeFile(
  { signal }: Scene,
  download: Download,
  path: string,
): Promise<FileFacts> {
  const { sha256, bytes } = await hashFile(path, signal);
  return { name: download.suggestedFilename(), bytes, sha256, url: download.url() };
}

async function readContent(
  path: string,
  as: "text" | "json",
): Promise<{ readonly [key: string]: Json }> {
  const { size } = await stat(path);
  if (size > CONTENT_BYTES_MAX)
    throw cannot(`its content is not saved: ${size} bytes are more than ${CONTENT_BYTES_MAX}`);
  const text = new TextDecoder().decode(await readFile(path));
  if (as === "text") return { text };
  try {
    return { json: JSON.parse(text) as Json };
  } catch (thrown) {
    throw cannot(`its content is no JSON: ${messageOf(thrown)}`);
  }
}

type TakenFile = { readonly path: string; readonly name: string; readonly bytes: number };

async function keep({ options }: Scene, { path, name, bytes }: TakenFile): Promise<void> {
  const { redactor } = options;
  if (redactor.isEmpty) return options.attachFile({ name, kind: "file", path });
  const content = bytes > SEARCHED_BYTES_MAX ? undefined : await readFile(path);
  await rm(path, { force: true });
  if (content !== undefined && isUtf8(content)) {
    const masked = redactor.bytes(content);
    if (masked !== content) options.warn(`What is secret in ${name} is masked in the kept file`);
    return options.attach({ name, kind: "file", bytes: masked });
  }
  const reason =
    content === undefined
      ? `Not kept: the test has secrets, and ${bytes} bytes are too many to search for them`
      : "Not kept: the test has secrets, and only text can be searched for them";
  options.miss({ name, kind: "file", reason });
}

const tooLarge = (): StepError => cannot(`it has more than ${FILE_BYTES_MAX} bytes`);

function cannot(reason: string): StepError {
  return new StepError("failed", "download", `Cannot take the download: ${reason}`);
}
