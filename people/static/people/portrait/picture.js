// A picture that was chosen, upright and no larger than it is looked at: a camera's 48 megapixels
// would be 200 MB here.

const LONGEST = 2000; // pixels
const HEAD = 512 * 1024; // bytes, in which every camera has said the size
const PNG = [0x89, 0x50, 0x4e, 0x47];

/** Throws if the browser cannot read it. */
export async function opened(file) {
  const size = sizeIn(new Uint8Array(await file.slice(0, HEAD).arrayBuffer()));
  return createImageBitmap(file, { imageOrientation: "from-image", ...reducing(size) });
}

/** How `createImageBitmap` makes it small; one side, for the file may lie on the other. */
export function reducing(size) {
  if (!size || Math.max(size.width, size.height) <= LONGEST) return {};
  const times = LONGEST / Math.max(size.width, size.height);
  const resizeWidth = Math.max(1, Math.round(Math.min(size.width, size.height) * times));
  return { resizeWidth, resizeQuality: "high" };
}

/** Width and height as a JPEG or PNG file says them, before it is turned; null for anything else. */
export function sizeIn(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    if (PNG.every((byte, at) => bytes[at] === byte)) {
      return { width: view.getUint32(16), height: view.getUint32(20) };
    }
    return view.getUint16(0) === 0xffd8 ? sizeInJpeg(view) : null;
  } catch {
    return null; // it ends before it says so
  }
}

// ITU-T T.81, annex B: segments, each with its length, up to the one that begins a frame.
function sizeInJpeg(view) {
  for (let at = 2; view.getUint8(at) === 0xff; at += 2 + view.getUint16(at + 2)) {
    while (view.getUint8(at + 1) === 0xff) at++; // filling
    const marker = view.getUint8(at + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
  }
  return null;
}
