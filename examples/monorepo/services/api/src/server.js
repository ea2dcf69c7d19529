'use strict';

const { createApp } = require('./app');
const { FileStore } = require('./store');

const port = Number(process.env.PORT ?? 3000);
const store = new FileStore(process.env.DATA_DIR ?? './data');

const server = createApp(store).listen(port, () => {
  console.log(`listening on ${port}`);
});

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    server.close(() => process.exit(0));
  });
}
