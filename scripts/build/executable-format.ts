/** P: which machine an executable is for, read from its header. Enough to see that a foreign file is what it claims. */

const ELF_MACHINES: Readonly<Record<number, string>> = { 62: "x64", 183: "arm64" };
const MACH_O_MACHINES: Readonly<Record<number, string>> = { 16777223: "x64", 16777228: "arm64" };
const PE_MACHINES: Readonly<Record<number, string>> = { 34404: "x64", 43620: "arm64" };
const PT_INTERP = 3;

/**
 * `ELF x64`, `Mach-O arm64`, `PE x64`: format and machine of 64-bit little-endian executables and libraries.
 * An ELF program's loader is named too (`ELF x64 by /lib64/…`), since musl's and glibc's are not alike.
 *
 * @returns undefined for anything else.
 */
export function formatOf(bytes: Buffer): string | undefined {
  if (bytes.length < 64) return undefined;
  if (bytes.readUInt32BE(0) === 0x7f454c46) return named("ELF", elfMachine(bytes));
  if (bytes.readUInt32LE(0) === 0xfeedfacf) {
    return named("Mach-O", MACH_O_MACHINES[bytes.readUInt32LE(4)]);
  }
  if (bytes.toString("latin1", 0, 2) === "MZ") return named("PE", peMachine(bytes));
  return undefined;
}

function named(format: string, machine: string | undefined): string | undefined {
  return machine === undefined ? undefined : `${format} ${machine}`;
}

function elfMachine(bytes: Buffer): string | undefined {
  const machine = ELF_MACHINES[bytes.readUInt16LE(18)];
  const loader = elfLoader(bytes);
  return machine === undefined || loader === undefined ? machine : `${machine} by ${loader}`;
}

/** The text of the program header PT_INTERP; libraries have none. */
function elfLoader(bytes: Buffer): string | undefined {
  const start = Number(bytes.readBigUInt64LE(32));
  const size = bytes.readUInt16LE(54);
  const count = bytes.readUInt16LE(56);
  for (let index = 0; index < count; index += 1) {
    const header = start + index * size;
    if (header + 40 > bytes.length) return undefined;
    if (bytes.readUInt32LE(header) !== PT_INTERP) continue;
    const at = Number(bytes.readBigUInt64LE(header + 8));
    const length = Number(bytes.readBigUInt64LE(header + 32));
    return bytes.toString("latin1", at, at + length).replace(/\0.*$/, "");
  }
  return undefined;
}

function peMachine(bytes: Buffer): string | undefined {
  const header = bytes.readUInt32LE(0x3c);
  if (header + 6 > bytes.length) return undefined;
  if (bytes.toString("latin1", header, header + 4) !== "PE\0\0") return undefined;
  return PE_MACHINES[bytes.readUInt16LE(header + 4)];
}
