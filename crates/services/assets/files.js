// Sends chosen files in pieces (tus 1.0.0) and goes on after a cut from what the
// server has. Whatever it cannot do, the form does without it.
"use strict";
{
  const form = document.getElementById("attach");
  const input = document.getElementById("files");
  const progress = document.getElementById("progress");
  const { uploads, sending, cut, refused } = form.dataset;
  const piece = Number(form.dataset.piece);
  const most = Number(form.dataset.most);
  /** The longest pause before the line is tried again, milliseconds. */
  const PAUSE_MS = 15000;

  const head = { "tus-resumable": "1.0.0", "form-code": form.elements._csrf.value, "form-key": form.elements._key.value, accept: "application/problem+json" };
  const ask = (path, method, more, body) => fetch(path, { method, headers: Object.assign({}, head, more), body, redirect: "error" });
  const name64 = (name) => btoa(unescape(encodeURIComponent(name)));
  const why = async (answer) => {
    const problem = await answer.json().catch(() => ({}));
    return problem.detail || problem.title || refused;
  };
  class Refused extends Error {}

  /** Where a file of this name and length goes on, if some of it came before. */
  const begun = (file) =>
    Array.from(document.querySelectorAll("[data-upload]")).find((line) => line.dataset.name === file.name && Number(line.dataset.length) === file.size);

  const begin = async (file) => {
    const line = begun(file);
    if (line) return uploads.replace(/[^/]*$/, line.dataset.upload);
    const answer = await ask(uploads, "POST", { "upload-length": file.size, "upload-metadata": `filename ${name64(file.name)}` });
    if (answer.status === 201) return answer.headers.get("location");
    throw answer.status < 500 ? new Refused(await why(answer)) : new Error(answer.status);
  };
  const stands = async (path) => {
    const answer = await ask(path, "HEAD");
    if (answer.status === 404) return undefined;
    if (!answer.ok) throw new Error(answer.status);
    return Number(answer.headers.get("upload-offset"));
  };
  const bring = async (path, file, at) => {
    const body = file.slice(at, at + piece);
    const answer = await ask(path, "PATCH", { "upload-offset": at, "content-type": "application/offset+octet-stream" }, body);
    if (answer.ok) return Number(answer.headers.get("upload-offset"));
    if (answer.status === 409 || answer.status === 408 || answer.status >= 500) throw new Error(answer.status);
    throw new Refused(await why(answer));
  };

  const send = async (file, say) => {
    let path;
    let at = -1;
    let pause = 500;
    while (at < file.size) {
      try {
        path = path || (await begin(file));
        if (at < 0) {
          at = await stands(path);
          // All of it came, and only the answer was lost.
          if (at === undefined) return;
        }
        at = await bring(path, file, at);
        pause = 500;
        say(`${sending} ${Math.floor((at * 100) / file.size)}%`);
      } catch (error) {
        if (error instanceof Refused) throw error;
        say(cut);
        await new Promise((again) => setTimeout(again, pause));
        pause = Math.min(pause * 2, PAUSE_MS);
        at = -1;
      }
    }
  };

  const all = async (files) => {
    let failed = false;
    for (const file of files) {
      const line = document.createElement("p");
      const name = document.createElement("bdi");
      const state = document.createElement("span");
      name.textContent = file.name;
      line.append(name, ": ", state);
      progress.append(line);
      try {
        await send(file, (text) => (state.textContent = text));
      } catch (error) {
        failed = true;
        line.className = "msg";
        state.textContent = error.message;
      }
    }
    return !failed;
  };

  if (input && window.fetch && Blob.prototype.slice) {
    form.addEventListener("submit", (event) => {
      const files = Array.from(input.files);
      // Nothing chosen, or something that the form itself explains better.
      if (!files.length || files.some((file) => !file.size || file.size > most)) return;
      event.preventDefault();
      const button = event.submitter || document.activeElement;
      const on = button && button.value === "continue";
      const buttons = Array.from(form.querySelectorAll("button"));
      buttons.forEach((one) => (one.disabled = true));
      progress.textContent = "";
      all(files).then((whole) => {
        input.value = "";
        buttons.forEach((one) => (one.disabled = false));
        if (!whole) return;
        // This may be what a form was answered with, which is not sent again.
        if (!on) return location.replace(location.href);
        const then = document.createElement("input");
        then.type = "hidden";
        then.name = "then";
        then.value = "continue";
        form.append(then);
        form.submit();
      });
    });
  }
}
