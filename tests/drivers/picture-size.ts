/** Reads the kind and size of a picture from its own first bytes. */

export type PictureFacts = {
  readonly format: "png" | "jpeg";
  readonly width: number;
  readonly height: number;
};

const PNG = [0x89, 0x50, 0x4e, 0x47];

/** @throws {Error} When it is neither PNG nor JPEG. */
export function readPicture(bytes: Uint8Array): PictureFacts {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (PNG.every((byte, index) => bytes[index] === byte))
    return { format: "png", width: view.getUint32(16), height: view.getUint32(20) };
  if (view.getUint16(0) !== 0xffd8) throw new Error("It is no picture");
  let at = 2;
  // Segments follow each other up to the frame header, whose marker is one of C0 to CF without C4, C8 and CC.
  while (at < bytes.length) {
    const marker = view.getUint16(at);
    const isFrame =
      marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker);
    if (isFrame)
      return { format: "jpeg", width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    at += 2 + view.getUint16(at + 2);
  }
  throw new Error("The JPEG has no frame header");
}
