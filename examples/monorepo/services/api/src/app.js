'use strict';

const express = require('express');

function createApp(store) {
  const app = express();
  app.disable('x-powered-by');

  app.get('/healthz', (req, res) => {
    res.json({ ok: true });
  });

  app.get('/latest', async (req, res, next) => {
    try {
      res.json(await store.latest());
    } catch (error) {
      next(error);
    }
  });

  app.get('/stations/:id/readings', async (req, res, next) => {
    const limit = Number.parseInt(req.query.limit ?? '96', 10);
    if (!Number.isInteger(limit) || limit < 1 || limit > 2000) {
      res.status(400).json({ error: 'limit must be a number from 1 to 2000' });
      return;
    }
    try {
      const readings = await store.history(req.params.id, limit);
      if (readings === null) {
        res.status(404).json({ error: `no station ${req.params.id}` });
        return;
      }
      res.json(readings);
    } catch (error) {
      next(error);
    }
  });

  app.use((error, req, res, next) => {
    if (res.headersSent) {
      next(error);
      return;
    }
    console.error(error);
    res.status(500).json({ error: 'internal error' });
  });

  return app;
}

module.exports = { createApp };
