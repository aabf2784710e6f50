/** Writing files so that what was written is all there, and stays over a power cut. */
import { type FileHandle, open } from "node:fs/promises";

/** Writes all bytes: a disk that fills up takes less than it is given, and says so at the next write. @throws {Error} Of the system. */
export async function writeAll(
  file: FileHandle,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const rest = bytes.subarray(done);
    done += (await file.write(rest, 0, rest.length, position + done)).bytesWritten;
  }
}

/** Puts a folder's names on disk. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
