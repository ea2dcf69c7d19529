'use strict';

const fs = require('node:fs/promises');
const path = require('node:path');

// The ingest service writes latest.json and one <station>.jsonl a station into
// the data folder. Both are replaced by rename, so a reader never sees half a file.
class FileStore {
  constructor(folder) {
    this.folder = folder;
  }

  async latest() {
    const text = await this.read('latest.json');
    return text === null ? [] : JSON.parse(text);
  }

  async history(station, limit) {
    if (!/^[A-Z]{3}[0-9]{2}$/.test(station)) {
      return null;
    }
    const text = await this.read(`${station}.jsonl`);
    if (text === null) {
      return null;
    }
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.slice(-limit).map((line) => JSON.parse(line));
  }

  async read(name) {
    try {
      return await fs.readFile(path.join(this.folder, name), 'utf8');
    } catch (error) {
      if (error.code === 'ENOENT') {
        return null;
      }
      throw error;
    }
  }
}

module.exports = { FileStore };
