// Send files to the kernel and receive files from it. Panels join this file with their own.

const PATIENCE = 10000; // milliseconds without an answer before the page reports it
const NO_ANSWER = "The kernel is not responding: it is busy with another cell, or it was stopped.";

let uploads = 0;

class FilesPanel extends Panel {
  #waiting = []; // files to send
  #sending = null; // the current file, and the key of its upload
  #wanted = new Map(); // files from the kernel: their parts, and the promises of the whole
  #urls = new Map(); // object URLs of the files on the page

  build() {
    const input = this.find("input[type=file]");
    const drop = this.find(".fer-drop");
    this.on(input, "change", () => {
      this.#add(input.files);
      input.value = ""; // allows choosing the same file again
    });
    const carries = (event) => event.dataTransfer?.types.includes("Files");
    // The whole panel accepts files, since a browser opens any file dropped elsewhere.
    this.on(this.root, "dragover", (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      drop.classList.add("fer-over");
    });
    this.on(this.root, "dragleave", (event) => {
      if (!this.root.contains(event.relatedTarget)) drop.classList.remove("fer-over");
    });
    this.on(this.root, "drop", (event) => {
      drop.classList.remove("fer-over");
      if (!carries(event)) return;
      event.preventDefault();
      const files = [...event.dataTransfer.files];
      this.#add(input.multiple ? files : files.slice(0, 1));
    });
  }

  remove() {
    this.removed = true;
    clearTimeout(this.timer);
    if (this.#sending) this.#say({ kind: "lost", upload: this.#sending.upload });
    this.keepUrls([]);
    super.remove();
  }

  receive(content, buffers) {
    super.receive(content, buffers);
    if (content.view === this.name && content.file) this.#take(content, buffers);
    if (!this.#sending || content.upload !== this.#sending.upload) return;
    this.heard();
    if (content.kind === "go") this.#sendPart(content.offset);
    else this.#next();
  }

  // Send the kernel a request that it answers immediately.
  ask(content, buffers) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => fill(this.error, NO_ANSWER), PATIENCE);
    this.#say(content, buffers);
  }

  heard() {
    clearTimeout(this.timer);
    if (this.error.textContent === NO_ANSWER) fill(this.error, "");
  }

  // Load a file from the kernel as a Blob; null if it no longer exists.
  load(file, type) {
    if (!this.#wanted.has(file)) {
      const wanted = { parts: [], received: 0, type };
      wanted.whole = new Promise((resolve) => Object.assign(wanted, { resolve }));
      this.#wanted.set(file, wanted);
      this.ask({ kind: "want", file, offset: 0, view: this.name });
    }
    return this.#wanted.get(file).whole;
  }

  // Show a file from the kernel in an element; load it only once.
  async showFile(element, file, type) {
    if (element.dataset.file === file) return;
    element.dataset.file = file;
    const blob = await this.load(file, type);
    if (!blob || this.removed || element.dataset.file !== file) return;
    this.#urls.set(file, URL.createObjectURL(blob));
    element.src = this.#urls.get(file);
  }

  // Release all files except some.
  keepUrls(files) {
    for (const [file, url] of this.#urls) {
      if (files.includes(file)) continue;
      URL.revokeObjectURL(url);
      this.#urls.delete(file);
    }
  }

  #say(content, buffers) {
    try {
      this.model.send(content, undefined, buffers);
    } catch (error) {
      console.warn("the kernel cannot be reached", error); // the timer informs the person
    }
  }

  #add(files) {
    fill(this.error, "");
    this.#waiting.push(...files);
    if (!this.#sending) this.#next();
  }

  #next() {
    const file = this.#waiting.shift();
    this.#sending = file ? { file, upload: `${this.name} file ${++uploads}` } : null;
    if (!file) return;
    const { upload } = this.#sending;
    this.ask({ kind: "offer", upload, name: file.name, size: file.size });
  }

  async #sendPart(offset) {
    const { file, upload } = this.#sending;
    try {
      const part = file.slice(offset, offset + this.model.get("_part_bytes"));
      this.ask({ kind: "part", upload, offset }, [await part.arrayBuffer()]);
    } catch (error) {
      // The file was moved or changed in the meantime.
      console.warn("a file cannot be read", error);
      this.#say({ kind: "lost", upload });
      this.#next();
    }
  }

  #take({ kind, file, size }, buffers) {
    const wanted = this.#wanted.get(file);
    if (!wanted) return;
    this.heard();
    if (kind === "part") {
      wanted.parts.push(buffers[0]);
      wanted.received += buffers[0].byteLength;
      if (wanted.received < size) {
        this.ask({ kind: "want", file, offset: wanted.received, view: this.name });
        return;
      }
    }
    this.#wanted.delete(file);
    wanted.resolve(kind === "part" ? new Blob(wanted.parts, { type: wanted.type }) : null);
  }
}
