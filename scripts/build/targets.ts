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
  /** A larger file is not built: what made it grow is looked at first. */
  readonly bytesMax: number;
};

const BYTES_MAX = 150_000_000;
/** Bun's executable has 10 MB more there than on Linux. */
const WINDOWS_BYTES_MAX = 160_000_000;

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
    bytesMax: BYTES_MAX,
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
    bytesMax: BYTES_MAX,
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
    bytesMax: BYTES_MAX,
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
    bytesMax: BYTES_MAX,
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
    bytesMax: WINDOWS_BYTES_MAX,
  },
];

/** The target for this machine; undefined when it is none of them. */
export function hostTarget(): Target | undefined {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  return TARGETS.find(({ name }) => name === `${platform}-${process.arch}`);
}
