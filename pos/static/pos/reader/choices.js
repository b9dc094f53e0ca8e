// What somebody chooses at each tap: the way at a two-way gate, the dish at a hatch.

import { $, make, show } from "./elements.js";
import { say } from "./words.js";

const WAYS = { "": "direction_auto", in: "direction_in", out: "direction_out" };

/** The dishes that are served now, as they stand in the settings: `Ugali, Rice`. */
export const dishesOf = (settings) =>
  settings.dish
    .split(",")
    .map((dish) => dish.trim())
    .filter(Boolean);

/** The one that goes with the next tap. */
export function dishNow(settings) {
  const dishes = dishesOf(settings);
  return dishes.includes(settings.chosen) ? settings.chosen : (dishes[0] ?? "");
}

/** The way that goes with the next tap, as words; "" where the server finds it out. */
export function wayNow(device, settings) {
  if (device.activity_type !== "attendance") return "";
  const way = device.direction === "both" ? settings.direction : device.direction;
  return way ? say(`way_${way}`) : "";
}

/** Calls `onChange(settings)` when another is pressed. */
export function showChoices(device, settings, onChange) {
  const isGate = device.activity_type === "attendance";
  const dishes = dishesOf(settings);
  const ways = isGate && device.direction === "both" ? Object.entries(WAYS) : [];
  const buttons = isGate
    ? ways.map(([way, words]) => ({
        words: say(words),
        isPressed: way === settings.direction,
        choose: { direction: way },
      }))
    : dishes.map((dish) => ({
        words: dish,
        isPressed: dish === dishNow(settings),
        choose: { chosen: dish },
      }));
  const isShown = buttons.length > 1;
  show($("choices"), isShown);
  const said = JSON.stringify(buttons);
  if ($("choices").dataset.said === said) return; // or the focus would be lost
  $("choices").dataset.said = said;
  $("choices").replaceChildren(
    ...buttons.map(({ words, isPressed, choose }) => {
      const button = make("button", "", words);
      button.type = "button";
      button.setAttribute("aria-pressed", isPressed);
      button.addEventListener("click", () => onChange({ ...settings, ...choose }));
      return button;
    }),
  );
}
