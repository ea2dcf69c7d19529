'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs/promises');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');

const { createApp } = require('../src/app');
const { FileStore } = require('../src/store');

let base;
let folder;
let server;

before(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gauges-'));
  await fs.writeFile(
    path.join(folder, 'latest.json'),
    '[{"station":"HAV01","time":"2024-03-01T06:00:00Z","level_cm":431}]',
  );
  await fs.writeFile(
    path.join(folder, 'HAV01.jsonl'),
    '{"time":"2024-03-01T05:45:00Z","level_cm":428}\n{"time":"2024-03-01T06:00:00Z","level_cm":431}\n',
  );
  server = createApp(new FileStore(folder)).listen(0);
  base = `http://localhost:${server.address().port}`;
});

after(async () => {
  server.close();
  await fs.rm(folder, { recursive: true });
});

test('latest lists one reading a station', async () => {
  const rows = await (await fetch(`${base}/latest`)).json();
  assert.deepEqual(rows.map((row) => row.station), ['HAV01']);
});

test('history keeps to the limit and ends with the newest', async () => {
  const rows = await (await fetch(`${base}/stations/HAV01/readings?limit=1`)).json();
  assert.deepEqual(rows, [{ time: '2024-03-01T06:00:00Z', level_cm: 431 }]);
});

test('an unknown station is 404, a bad limit 400', async () => {
  assert.equal((await fetch(`${base}/stations/XXX99/readings`)).status, 404);
  assert.equal((await fetch(`${base}/stations/..%2Flatest/readings`)).status, 404);
  assert.equal((await fetch(`${base}/stations/HAV01/readings?limit=0`)).status, 400);
});
