// The phone's own NFC, where the browser has it (Chrome on Android). It says the chip's number in hex.

export const hasNfc = () => "NDEFReader" in globalThis;

/** Throws if NFC is off or the person does not allow it. */
export async function startNfc(onNumber) {
  const reader = new NDEFReader();
  await reader.scan();
  const read = (event) => event.serialNumber && onNumber(event.serialNumber);
  reader.addEventListener("reading", read);
  // A card without text on it, such as ours, "fails", and says its number all the same.
  reader.addEventListener("readingerror", read);
}
