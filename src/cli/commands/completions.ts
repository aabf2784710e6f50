/** `panoptic completions`: prints a shell's completion script, made from the program's own declaration. */
import type { Command } from "commander";
import { bashScript } from "../completions/bash.ts";
import { fishScript } from "../completions/fish.ts";
import { vocabularyOf } from "../completions/vocabulary.ts";
import { zshScript } from "../completions/zsh.ts";
import type { Terminal } from "../terminal.ts";

/** The shells that are known. */
export type Shell = "bash" | "zsh" | "fish";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** Prints the script. */
export async function printCompletions(
  shell: Shell,
  program: Command,
  terminal: Terminal,
): Promise<number> {
  terminal.say(SCRIPTS[shell](vocabularyOf(program)).trimEnd());
  return 0;
}
