/** P: the machines that files are built for, and what each needs: bun's executable and libSQL's native part, by package. */

export type Target = {
  /** What `--target` takes and the end of the file's name. */
  readonly name: string;
  readonly fileName: string;
  readonly bunTarget: Bun.Build.CompileTarget;
  /** The package with bun for that machine, and its executable in it. */
  readonly runtimePackage: string;
  readonly runtimeFile: string;
  /** The package with libSQL for that machine; its only file is `index.node`. */
  readonly addonPackage: string;
  /** What `formatOf` says of an executable for that machine. */
  readonly format: string;
  /** macOS starts no file whose signature does not fit. */
  readonly isSigned: boolean;
};

/** All of them, in the order in which they are built. */
export const TARGETS: readonly Target[] = [
  {
    name: "linux-x64",
    fileName: "panoptic-linux-x64",
    bunTarget: "bun-linux-x64",
    runtimePackage: "@oven/bun-linux-x64",
    runtimeFile: "bin/bun",
    addonPackage: "@libsql/linux-x64-gnu",
    format: "ELF x64 by /lib64/ld-linux-x86-64.so.2",
    isSigned: false,
  },
  {
    name: "linux-arm64",
    fileName: "panoptic-linux-arm64",
    bunTarget: "bun-linux-arm64",
    runtimePackage: "@oven/bun-linux-aarch64",
    runtimeFile: "bin/bun",
    addonPackage: "@libsql/linux-arm64-gnu",
    format: "ELF arm64 by /lib/ld-linux-aarch64.so.1",
    isSigned: false,
  },
  {
    name: "darwin-x64",
    fileName: "panoptic-darwin-x64",
    bunTarget: "bun-darwin-x64",
    runtimePackage: "@oven/bun-darwin-x64",
    runtimeFile: "bin/bun",
    addonPackage: "@libsql/darwin-x64",
    format: "Mach-O x64",
    isSigned: true,
  },
  {
    name: "darwin-arm64",
    fileName: "panoptic-darwin-arm64",
    bunTarget: "bun-darwin-arm64",
    runtimePackage: "@oven/bun-darwin-aarch64",
    runtimeFile: "bin/bun",
    addonPackage: "@libsql/darwin-arm64",
    format: "Mach-O arm64",
    isSigned: true,
  },
  {
    name: "windows-x64",
    fileName: "panoptic-windows-x64.exe",
    bunTarget: "bun-windows-x64",
    runtimePackage: "@oven/bun-windows-x64",
    runtimeFile: "bin/bun.exe",
    addonPackage: "@libsql/win32-x64-msvc",
    format: "PE x64",
    isSigned: false,
  },
];

/** The target for this machine; undefined when it is none of them. */
export function hostTarget(): Target | undefined {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  return TARGETS.find(({ name }) => name === `${platform}-${process.arch}`);
}
