// Files to be imported (dashboard/importing/uploading.py) are sent in pieces, as tus 1.0 has it: what has come stays, so that a lost
// line, a reload or another day goes on where it stood.
(() => {
  const AT = "/uploads";
  const PIECE = 8 * 2 ** 20;
  const TRIES = 6;
  const KEPT = "loadstar-uploads"; // ids of uploads by what tells a file from others
  const wait = (seconds) => new Promise((done) => { setTimeout(done, seconds * 1000); });
  const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  const token = () => decodeURIComponent(document.cookie.match(/(?:^|; )_csrf_token=([^;]*)/)?.[1] ?? "");
  let stopped = null; // the controller of what is under way

  function kept() {
    try {
      return JSON.parse(localStorage.getItem(KEPT)) ?? {};
    } catch {
      return {};
    }
  }
  function keep(key, address) {
    const all = kept();
    if (address) all[key] = address;
    else delete all[key];
    localStorage.setItem(KEPT, JSON.stringify(all));
  }
  async function ask(address, method, headers, body) {
    const all = { "Tus-Resumable": "1.0.0", "X-CSRFToken": token(), Accept: "application/json", ...headers };
    const answer = await fetch(address, { method, headers: all, body, signal: stopped.signal, credentials: "same-origin" });
    if (answer.status === 401) location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
    return answer;
  }
  async function why(answer) {
    try {
      const told = await answer.json();
      return told.message || told.detail || told.error;
    } catch {
      return Loadstar.text("The file was not taken.");
    }
  }
  // Where the upload goes on, or nothing where it is not known any more.
  async function standing(address) {
    const answer = await ask(address, "HEAD");
    return answer.ok ? Number(answer.headers.get("Upload-Offset")) : null;
  }
  async function begin(file) {
    const answer = await ask(AT, "POST", { "Upload-Length": String(file.size), "Upload-Metadata": `filename ${base64(file.name)}` });
    if (answer.status !== 201) throw new Error(await why(answer));
    return new URL(answer.headers.get("Location"), location.href).pathname;
  }
  async function send(file, address, offset, tell) {
    let failed = 0;
    while (offset < file.size) {
      tell(offset);
      let answer = null;
      try {
        const headers = { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(offset) };
        answer = await ask(address, "PATCH", headers, file.slice(offset, offset + PIECE));
      } catch (problem) {
        if (stopped.signal.aborted) throw problem;
      }
      if (answer?.status === 204) {
        offset = Number(answer.headers.get("Upload-Offset"));
        failed = 0;
      } else if (answer && answer.status < 500 && ![408, 409, 423, 429].includes(answer.status)) {
        throw new Error(await why(answer));
      } else {
        failed += 1;
        if (failed > TRIES) throw new Error(Loadstar.text("The connection was lost. Choose the file again: it goes on where it stood."));
        await wait(Math.min(2 ** failed / 2, 15));
        offset = (await standing(address).catch(() => null)) ?? offset;
      }
    }
    tell(offset);
  }

  function chosen(region, file) {
    const said = region.querySelector("[data-upload-said]");
    const bar = region.querySelector("progress");
    const key = `${file.name}|${file.size}|${file.lastModified}`;
    const show = (words, at) => {
      said.textContent = words;
      bar.hidden = at === null;
      region.querySelector("[data-upload-stop]").hidden = at === null;
      if (at !== null) bar.value = at;
    };
    const tell = (offset) => {
      const [sent, size] = [offset, file.size].map((bytes) => (bytes / 2 ** 20).toFixed(1));
      show(Loadstar.text("%(name)s: %(sent)s of %(size)s MB sent", { name: file.name, sent, size }), offset / file.size);
    };
    stopped = new AbortController();
    return (async () => {
      try {
        let address = kept()[key];
        let offset = address ? await standing(address) : null;
        if (offset === null) {
          address = await begin(file);
          offset = 0;
          keep(key, address);
        }
        await send(file, address, offset, tell);
        keep(key, null);
        location.assign(`${region.dataset.upload}/${address.split("/").pop()}`);
      } catch (problem) {
        show(stopped.signal.aborted ? Loadstar.text("Stopped. Choose the file again: it goes on where it stood.") : problem.message, null);
      } finally {
        stopped = null;
      }
    })();
  }

  document.addEventListener("click", (event) => {
    const region = event.target.closest("[data-upload]");
    if (!region) return;
    if (event.target.closest("[data-upload-stop]")) stopped?.abort();
    if (!event.target.closest("[data-upload-choose]") || stopped) return;
    const input = document.createElement("input");
    input.type = "file";
    input.addEventListener("change", () => { if (input.files[0]) chosen(region, input.files[0]); });
    input.click();
  });
  document.addEventListener("dragover", (event) => {
    if (event.target.closest?.("[data-upload]")) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    const region = event.target.closest?.("[data-upload]");
    if (!region) return;
    event.preventDefault();
    const { files } = event.dataTransfer;
    if (stopped || !files.length) return;
    if (files.length === 1) chosen(region, files[0]);
    else region.querySelector("[data-upload-said]").textContent = Loadstar.text("Drop one file at a time.");
  });
  window.addEventListener("beforeunload", (event) => {
    if (stopped) event.preventDefault();
  });
})();
