/** `panoptic record`: opens a browser at an address, and writes what a person does there as a suite that runs. */
import { STEPS_MAX } from "#node/drivers/web/record/fold-steps.ts";
import type { Recording, RunningRecording } from "#node/drivers/web/record/recorder.ts";
import { MeshError, messageOf } from "#shared/errors.ts";
import { freePort } from "#shared/runtime/free-port.ts";
import type { Context } from "../context.ts";
import { EXIT_FAULT, EXIT_LEFT } from "../exit-code.ts";
import { forPeople, fromCaller } from "../paths.ts";
import { type GrowingSuite, openSuiteFile } from "../record/suite-file.ts";
import { loadSuites } from "../run/load-suites.ts";

export type RecordCommandOptions = {
  readonly out: string;
  readonly headless?: boolean;
  readonly cdpPort?: number;
  readonly overwrite?: boolean;
};

/** Records until the browser is closed or somebody interrupts; 0 when the suite is one that can be read. */
export async function record(
  url: string,
  options: RecordCommandOptions,
  context: Context,
): Promise<number> {
  const { config, terminal } = context;
  const isHeadless = options.headless === true;
  if (!isHeadless && !config.hasDisplay && process.platform === "linux")
    throw new MeshError(
      "usage",
      "Cannot record: this machine has no display (neither DISPLAY nor WAYLAND_DISPLAY is set); --headless records what a program does over CDP",
    );
  const path = fromCaller(config.callerDir, options.out);
  const suite = openSuiteFile({ path, mayReplace: options.overwrite === true });
  const stopped = listen(context);
  let last: Recording | undefined;
  const port = options.cdpPort ?? (isHeadless ? await freePort("127.0.0.1") : undefined);
  const running = await start(url, { isHeadless, port, context, suite }, (recording) => {
    last = recording;
    suite.write(recording);
  });
  const shown = forPeople(config.callerDir, path);
  const driven = port === undefined ? "" : ` cdp http://127.0.0.1:${port}`;
  terminal.say(`recording ${url} to ${shown}${driven}`);
  terminal.say("Alt+click: expect what is there. Close the browser, or press Ctrl-C, to end it.");
  await Promise.race([running.ended, stopped]);
  await running.stop();
  return tellEnd(shown, { last, suite }, context);
}

type Starting = {
  readonly isHeadless: boolean;
  readonly port: number | undefined;
  readonly context: Context;
  readonly suite: GrowingSuite;
};

/** @throws {MeshError} `usage` when the browser does not start, or cannot open the address. */
async function start(
  url: string,
  { isHeadless, port, context, suite }: Starting,
  onChange: (recording: Recording) => void,
): Promise<RunningRecording> {
  const { startRecording } = await import("#node/drivers/web/record/recorder.ts");
  try {
    return await startRecording({
      url,
      isHeadless,
      cdpPort: port,
      places: { searchPath: context.config.searchPath },
      clock: context.clock,
      keepFile: suite.keepFile,
      onChange,
    });
  } catch (cause) {
    const [reason] = messageOf(cause).split("\n");
    throw new MeshError("usage", `Cannot record ${url}: ${reason}`, { cause });
  }
}

/** Resolves at the first wish to stop; a second one leaves at once. */
function listen({ stops }: Context): Promise<void> {
  return new Promise((resolve) => {
    stops.onWish((wish) => {
      if (wish.kind === "signal" && wish.count > 1) process.exit(EXIT_LEFT);
      resolve();
    });
  });
}

type Ended = { readonly last: Recording | undefined; readonly suite: GrowingSuite };

/** Reads what was written as any run would: a suite that cannot be read is a fault of ours. */
function tellEnd(shown: string, { last, suite }: Ended, { config, terminal }: Context): number {
  const { faults } = loadSuites([shown], { callerDir: config.callerDir, isStrict: false });
  for (const fault of faults) terminal.warn(fault);
  const { steps = [], secrets = [] } = last ?? {};
  for (const name of suite.placeholders())
    terminal.warn(`panoptic: ${name} is empty: the file was too large to be kept; put it there`);
  if (steps.length >= STEPS_MAX)
    terminal.warn(`panoptic: a recording has at most ${STEPS_MAX} steps: the rest is not in it`);
  terminal.say(`recorded ${steps.length} step${steps.length === 1 ? "" : "s"}: ${shown}`);
  if (secrets.length > 0) terminal.say(`before it runs, set ${secrets.join(", ")}`);
  return faults.length === 0 ? 0 : EXIT_FAULT;
}
