// The desk's lock. When an officer's time is over the page is covered, what was
// typed is kept on the server for them alone, and the browser goes to the sign-in,
// where one touch opens the desk. On the page that it leads back to, the text is
// put where it stood.
"use strict";
{
  const idle = document.getElementById("idle");
  const main = document.getElementById("main");
  const back = document.getElementById("kept-back");
  const kept = back.dataset.kept;
  /** How long to wait before a server is asked again, milliseconds. */
  const AGAIN_MS = 15000;
  /** Forms of a page that are kept. */
  const MOST = 4;

  const target = (form) => {
    const { pathname, search } = new URL(form.getAttribute("action") || location.href, location.href);
    return pathname + search;
  };
  const isTyped = (field) => field.name && !/^(hidden|password|file|submit|button|reset|image)$/.test(field.type);
  const isTicked = (field) => field.type === "checkbox" || field.type === "radio";
  const changed = (field) => {
    if (isTicked(field)) return field.checked !== field.defaultChecked;
    if (!field.options) return field.value !== field.defaultValue;
    const options = Array.from(field.options);
    if (options.some((option) => option.defaultSelected)) return options.some((option) => option.selected !== option.defaultSelected);
    return field.multiple ? field.selectedIndex >= 0 : field.selectedIndex > 0;
  };
  const named = (form, name) => Array.from(form.elements).filter((field) => field.name === name && isTyped(field));
  const valuesOf = (fields) => {
    if (isTicked(fields[0])) {
      const ticked = fields.filter((field) => field.checked).map((field) => field.value);
      return ticked.length ? ticked : [""];
    }
    return fields.flatMap((field) => (field.multiple && field.options ? Array.from(field.selectedOptions, (option) => option.value) : [field.value]));
  };

  // A page that says what is wrong holds what was typed as its own.
  const wrong = main.querySelector(".error:not([hidden]), [role=alert]:not([hidden])");
  const isFilled = (field) => (isTicked(field) ? field.checked : Boolean(field.value));

  /** What was typed into a form of ours; nothing when nothing was. */
  const typedInto = (form) => {
    if (!form.elements._csrf) return undefined;
    const typedFields = Array.from(form.elements).filter((field) => isTyped(field) && (changed(field) || (wrong && isFilled(field))));
    const names = new Set(typedFields.map((field) => field.name));
    if (!names.size) return undefined;
    const typed = new URLSearchParams({ _form: target(form), _page: idle.dataset.page + location.search });
    for (const name of ["_csrf", "_key"]) typed.append(name, form.elements[name].value);
    for (const name of names) for (const value of valuesOf(named(form, name))) typed.append(name, value);
    return typed;
  };

  /** The server saw its officer elsewhere: the page stays open until it says otherwise. */
  let open = false;
  const lock = async () => {
    main.hidden = !open;
    const forms = Array.from(document.forms).map(typedInto).filter(Boolean).slice(0, MOST);
    const names = [];
    try {
      // Also without a form: the server says whether the session is over.
      for (const body of forms.length ? forms : [new URLSearchParams()]) {
        const answer = await fetch(kept, { method: "POST", body });
        if (answer.status === 200) {
          open = true;
          main.hidden = false;
          idle.hidden = true;
          setTimeout(lock, AGAIN_MS);
          return;
        }
        if (answer.status === 201) names.push(answer.headers.get("kept-form"));
        else if (!answer.ok) throw new Error(`${kept} answers ${answer.status}`);
      }
    } catch {
      setTimeout(lock, AGAIN_MS);
      return;
    }
    main.hidden = true;
    const mark = names.length ? `#kept=${names.join(".")}` : "";
    location.replace(`${idle.dataset.lock}?return=${encodeURIComponent(idle.dataset.page + location.search + mark)}`);
  };
  if (idle) idle.addEventListener("over", lock);

  // The back button may bring a page that was another officer's: what the browser
  // put back into its fields goes.
  if (idle) {
    const { officer } = idle.dataset;
    const before = history.state && history.state.officer;
    const empty = () => Array.from(document.forms).forEach((form) => form.reset());
    if (before && before !== officer) {
      empty();
      window.addEventListener("pageshow", empty);
    }
    history.replaceState({ officer }, "");
  }

  const fill = (form, fields) => {
    for (const name of new Set(fields.map(([name]) => name))) {
      const values = fields.filter(([known]) => known === name).map(([, value]) => value);
      for (const field of named(form, name)) {
        if (isTicked(field)) field.checked = values.includes(field.value);
        else if (field.multiple && field.options) for (const option of field.options) option.selected = values.includes(option.value);
        else if (values.length) field.value = values.shift();
      }
    }
  };
  const putBack = async (name) => {
    const answer = await fetch(`${kept}?form=${name}`, { headers: { accept: "application/json" } });
    if (!answer.ok) return;
    const { action, fields } = await answer.json();
    const form = Array.from(document.forms).find((form) => form.elements._csrf && target(form) === action);
    const [here, elsewhere] = back.querySelectorAll("p");
    back.hidden = false;
    if (form) {
      fill(form, fields);
      here.hidden = false;
    } else {
      here.hidden = true;
      elsewhere.hidden = false;
      document.getElementById("kept-there").href = `${kept}?form=${name}`;
    }
  };
  const mark = /^#kept=([\w.-]+)$/.exec(location.hash);
  if (mark) Promise.all(mark[1].split(".").slice(0, MOST).map(putBack)).catch(() => {});
  const page = document.getElementById("kept-page");
  if (page) page.hidden = false;
}
