// The buttons below: camera, NFC, and a number typed by hand.

import { Camera } from "./camera.js";
import { $, show } from "./elements.js";
import { hasNfc, startNfc } from "./nfc.js";
import { say } from "./words.js";

/** Calls `onCard(text)`; `onTrouble(text)` says what does not work, or "". */
export function offerInputs(onCard, onTrouble) {
  offerCamera(onCard, onTrouble);
  offerTyping(onCard);
  $("use-nfc").addEventListener("click", () => useNfc(onCard, onTrouble));
}

/** NFC says hex, which a reader of another format would misread. */
export function fitInputsTo(device) {
  show($("use-nfc"), hasNfc() && device.number_format === "hex");
}

function offerCamera(onCard, onTrouble) {
  const camera = new Camera($("video"), onCard);
  show($("use-camera"), Camera.isPossible());
  $("use-camera").addEventListener("click", async () => {
    onTrouble("");
    try {
      await camera.toggle();
    } catch {
      camera.stop();
      onTrouble(say("camera_denied"));
    }
    showCamera(camera.isOn);
  });
}

function showCamera(isOn) {
  show($("finder"), isOn);
  show($("sign"), !isOn);
  $("ready-title").textContent = say(isOn ? "ready_camera" : "ready");
  $("use-camera").setAttribute("aria-pressed", isOn);
  $("use-camera").lastElementChild.textContent = say(isOn ? "camera_stop" : "camera");
}

async function useNfc(onCard, onTrouble) {
  onTrouble("");
  try {
    await startNfc(onCard);
    $("use-nfc").setAttribute("aria-pressed", true);
    $("use-nfc").disabled = true;
    $("use-nfc").lastElementChild.textContent = say("nfc_on");
  } catch {
    onTrouble(say("nfc_denied"));
  }
}

function offerTyping(onCard) {
  const form = $("by-hand");
  const open = (isOpen) => {
    show(form, isOpen);
    $("use-keys").setAttribute("aria-expanded", isOpen);
    if (isOpen) $("number").focus();
  };
  $("use-keys").addEventListener("click", () => open(form.hidden));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const number = $("number").value.trim();
    if (!number) return;
    $("number").value = "";
    open(false);
    onCard(number);
  });
}
