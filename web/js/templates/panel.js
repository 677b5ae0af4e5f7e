// The list of templates at the side, and how one gets more of them: a file, a link; dropped or pasted pictures arrive by themselves.

import { number } from "../numbers.js";
import { button, icon, make } from "../ui/elements.js";
import { byId, setAttribute, setHidden, setText } from "../ui/dom.js";
import { entry } from "./entry.js";
import { t } from "../words/words.js";

/**
 * @param {object} does
 * @param {import("./rack.js").Rack} does.rack
 * @param {import("./team.js").Team} does.team
 * @param {import("./entry.js").Acts} does.acts
 * @param {(files: Iterable<File>) => void} does.addFiles
 * @param {(text: string) => Promise<boolean>} does.addLink whether it was one
 * @param {() => void} does.changed
 */
export function panel({ rack, team, acts, addFiles, addLink, changed }) {
  const opener = byId("templates-button");
  const close = button("", "shut", () => toggle(false));
  close.append(icon("i-close"));
  setAttribute(close, "aria-label", t("Close"));
  close.title = t("Close (Esc)");
  const all = make("p", "", "faint"), forgets = make("p", t("This browser keeps nothing: templates are gone when the page is closed"), "trouble");
  const teamName = make("h3"), teamList = make("ul"), troubles = make("ul", "", "trouble"), ownName = make("h3", t("Mine")), ownList = make("ul");
  const section = make("section", [
    make("div", [make("h2", t("Templates")), close], "templates-head"), all,
    teamName, teamList, troubles, ownName, ownList, forgets, adding(addFiles, addLink),
  ], "templates panel");
  section.id = "templates";
  section.hidden = true;
  setAttribute(section, "aria-label", t("Templates"));
  byId("people").after(section);
  section.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    toggle(false);
  });

  const toggle = (open = section.hidden, focus = true) => {
    if (open === !section.hidden) return;
    setHidden(section, !open);
    setAttribute(opener, "aria-expanded", String(open));
    if (open) show();
    if (focus) (open ? close : opener).focus();
    changed();
  };
  const entries = new Map();
  const fill = (list, templates) => {
    const wanted = templates.map((each) => {
      if (!entries.has(each)) entries.set(each, entry(each, acts));
      return entries.get(each).element;
    });
    if (wanted.length !== list.children.length || wanted.some((each, i) => each !== list.children[i])) list.replaceChildren(...wanted);
  };
  let filled = -1;
  const show = () => {
    if (section.hidden) return;
    if (filled !== rack.version) {
      filled = rack.version;
      fill(teamList, rack.team);
      fill(ownList, rack.own);
      for (const each of entries.keys()) if (!rack.all.includes(each)) entries.delete(each);
      setText(teamName, team.name || t("Team"));
      troubles.replaceChildren(...team.troubles.map(({ name, why }) => make("li", `${name}: ${why}`)));
      setHidden(teamName, rack.team.length + team.troubles.length === 0);
      setHidden(troubles, team.troubles.length === 0);
      setHidden(ownName, rack.own.length === 0 || rack.team.length === 0);
      setHidden(forgets, !rack.forgets);
    }
    for (const each of entries.values()) each.show();
    setText(all, sum(rack.all.filter(({ showing }) => showing.shown)));
  };
  return {
    get open() {
      return !section.hidden;
    },
    toggle,
    show,
  };
}

/** How one gets more. */
function adding(addFiles, addLink) {
  const file = make("input"), link = make("input"), choose = make("label", [file, make("span", t("Choose a picture"))], "button template-file");
  Object.assign(file, { type: "file", accept: "image/png,image/gif,image/webp,image/jpeg", multiple: true });
  file.addEventListener("change", () => {
    addFiles([...(file.files ?? [])]);
    file.value = "";
  });
  Object.assign(link, { type: "url", placeholder: "https://", spellcheck: false, autocomplete: "off" });
  const form = make("form", [make("label", [make("span", t("Link to a picture, or a template of Pxls")), link], "template-field"), make("button", t("Add"))], "template-link");
  form.noValidate = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await addLink(link.value.trim())) link.value = "";
  });
  return make("div", [choose, make("p", t("Or drop one anywhere, or paste it."), "faint"), form], "template-add");
}

/** How far all are that are shown. @param {import("./template.js").Template[]} templates */
function sum(templates) {
  if (templates.length < 2) return "";
  const right = templates.reduce((all, { progress }) => all + progress.right, 0), known = templates.reduce((all, { progress }) => all + progress.right + progress.wrong, 0);
  return known === 0 ? "" : t("All that are shown: {percent} %, {n} left", { percent: Math.floor((100 * right) / known), n: number(known - right) });
}
