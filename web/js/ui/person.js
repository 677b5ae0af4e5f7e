// The user as a person, wired together: account, keys, cooldown, and being told when it is over.

import { Account } from "../people/account.js";
import { notify } from "../limits/notification.js";
import { Ready } from "../limits/ready.js";
import { Lazy, tellUnloaded } from "../lazy.js";
import { tell } from "../state.js";
import { account } from "./account.js";
import { allowance } from "./allowance.js";
import { bell } from "./bell.js";

/**
 * @param {import("../state.js").State} state
 * @param {object} page
 * @param {import("../net/socket.js").Link} page.link
 * @param {() => number} page.now ms of a steady clock
 * @param {(run: () => void, ms: number) => number} page.setTimeout
 * @param {(id: number) => void} page.clearTimeout
 * @param {import("../browser_storage.js").Kept} page.kept
 * @param {() => void} page.chime a pixel is ready
 * @param {(name: string) => void} page.named the account's name, for a user who has given none
 * @param {() => void} page.changed
 */
export function person(state, { link, now, setTimeout, clearTimeout, kept, chime, named, changed }) {
  const fetchHere = fetch.bind(window);
  const ready = new Ready(state, { now, setTimeout, clearTimeout, kept, chime, notify, hidden: () => document.hidden, changed });
  const me = new Account(state, {
    fetch: fetchHere, now, setTimeout, changed, named,
    shutOut: () => link.stop(""),
    letIn: () => link.start(),
    go: (address) => location.assign(address),
  });
  const keys = new Lazy(async () => (await import("../keys/dialog.js")).keyDialog(fetchHere, state), () => tellUnloaded(state, { now, changed }));
  const showKeys = async () => (await keys.get("keys"))?.();
  const panel = account({ signOut: () => me.signOut(), showKeys, changed }, state);
  const asking = bell(ready, {
    changed,
    tell(text) {
      tell(state, text, now());
      changed();
    },
  });
  const showAllowance = allowance();
  return {
    ask: () => me.ask(),
    doubt: () => me.doubt(),
    returned: () => me.returned(),
    /** Shows the state; gives the ms until it has to again. @param {number} time ms */
    show(time) {
      ready.look();
      panel.show();
      asking.show();
      return showAllowance(state, time);
    },
    close: () => panel.close() || asking.close(),
  };
}
