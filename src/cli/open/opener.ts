/** P: which program of this machine shows a page to a person, or why none can. */

export type OpenerInput = {
  readonly platform: NodeJS.Platform;
  /** DISPLAY or WAYLAND_DISPLAY is set. */
  readonly hasDisplay: boolean;
  /** Where a program lies; undefined when it is not there. */
  readonly find: (name: string) => string | undefined;
};

export type Opener =
  | {
      readonly kind: "program";
      readonly path: string;
      /** Windows' Explorer ends with 1 when all went well. */
      readonly isExitCodeMeant: boolean;
    }
  | { readonly kind: "none"; readonly reason: string };

/** macOS and Windows bring theirs; elsewhere it is xdg-open, which needs a display. */
export function chooseOpener({ platform, hasDisplay, find }: OpenerInput): Opener {
  if (platform === "darwin")
    return { kind: "program", path: "/usr/bin/open", isExitCodeMeant: true };
  // Not `start`: it is a word of cmd.exe, which would read the path as a command line.
  if (platform === "win32")
    return { kind: "program", path: "explorer.exe", isExitCodeMeant: false };
  if (!hasDisplay)
    return { kind: "none", reason: "there is no display (DISPLAY, WAYLAND_DISPLAY)" };
  const path = find("xdg-open");
  if (path !== undefined) return { kind: "program", path, isExitCodeMeant: true };
  return {
    kind: "none",
    reason: "xdg-open is not on PATH (Debian, Ubuntu: sudo apt-get install -y xdg-utils)",
  };
}
