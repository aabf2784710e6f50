/** Small executables as a linker would begin them, for tests of what the build looks for in one. */

/** An ELF header and, for a program, one that names its loader. */
export function elfHeader(machine: number, loader: string | undefined): Buffer {
  const bytes = Buffer.alloc(256);
  bytes.writeUInt32BE(0x7f454c46, 0);
  bytes.writeUInt16LE(machine, 18);
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(loader === undefined ? 0 : 1, 56);
  if (loader === undefined) return bytes;
  bytes.writeUInt32LE(3, 64);
  bytes.writeBigUInt64LE(128n, 72);
  bytes.writeBigUInt64LE(BigInt(loader.length + 1), 96);
  bytes.write(`${loader}\0`, 128, "latin1");
  return bytes;
}

/** A PE file up to its machine field. */
export function peHeader(machine: number): Buffer {
  const bytes = Buffer.alloc(256);
  bytes.write("MZ", 0, "latin1");
  bytes.writeUInt32LE(128, 0x3c);
  bytes.write("PE\0\0", 128, "latin1");
  bytes.writeUInt16LE(machine, 132);
  return bytes;
}

/** A Mach-O file of some pages with `__TEXT`, `__LINKEDIT` and room for a signature that is not there yet. */
export function machOFile(machine: "x64" | "arm64", pageCount = 3): Buffer {
  const end = pageCount * 4096 - 100;
  const bytes = Buffer.alloc(end + 64, 0x90);
  bytes.fill(0, 0, 512);
  bytes.writeUInt32LE(0xfeedfacf, 0);
  bytes.writeUInt32LE(machine === "x64" ? 0x01000007 : 0x0100000c, 4);
  bytes.writeUInt32LE(3, 16);
  segment(bytes, 32, { name: "__TEXT", start: 0, size: 4096 });
  segment(bytes, 104, { name: "__LINKEDIT", start: 8192, size: end + 64 - 8192 });
  bytes.writeUInt32LE(0x1d, 176);
  bytes.writeUInt32LE(16, 180);
  bytes.writeUInt32LE(end, 184);
  bytes.writeUInt32LE(64, 188);
  return bytes;
}

type Segment = { readonly name: string; readonly start: number; readonly size: number };

function segment(bytes: Buffer, at: number, of: Segment): void {
  bytes.writeUInt32LE(0x19, at);
  bytes.writeUInt32LE(72, at + 4);
  bytes.write(of.name, at + 8, "latin1");
  bytes.writeBigUInt64LE(BigInt(of.start), at + 40);
  bytes.writeBigUInt64LE(BigInt(of.size), at + 48);
}
