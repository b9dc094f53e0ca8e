// Where somebody is signed out, or signs in: what was kept of roll-calls goes from this browser.
// Marks that were not sent yet stay, for they are sent in the name of whoever made them.

import { forgetPages } from "./kept-page.js";
import { Marks } from "./marks.js";

await forgetPages();
await (await Marks.open()).forgetLists();
