/** What every command gets beside its own words: settings, clock, where to speak, the wishes to stop. */
import { type Clock, systemClock } from "#shared/clock.ts";
import { type Config, keepLoopbackDirect, readConfig } from "#shared/config.ts";
import type { ColourChoice } from "./screen/colour.ts";
import { listenForStop, type StopSignals } from "./stop-signals.ts";
import type { Terminal } from "./terminal.ts";

export type Context = {
  readonly config: Config;
  readonly clock: Clock;
  readonly terminal: Terminal;
  readonly stops: StopSignals;
};

/** Reads the settings of this process, before its first request, and says when its bounds are not the usual ones. */
export function createContext(terminal: Terminal, colour: ColourChoice): Context {
  keepLoopbackDirect();
  const config = readConfig();
  terminal.heed({ ...config.output, colour, isGithub: config.ci.github !== undefined });
  if (config.changedLimits.length > 0) {
    terminal.warn(
      `panoptic: limits changed by PANOPTIC_LIMITS: ${config.changedLimits.join(", ")}`,
    );
  }
  return {
    config,
    clock: systemClock,
    terminal,
    stops: listenForStop(systemClock, config.lifelineFd),
  };
}
