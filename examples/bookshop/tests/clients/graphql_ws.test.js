// The client of graphql-ws, whose protocol the server speaks, and what only a bare socket can say.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';

import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL, createClient } from 'graphql-ws';
import WebSocket from 'ws';

import { PATIENCE, shopOfSuite } from './shop.js';

const BOOK = 'query ($id: ID!) { book(id: $id) { title } }';
const REVIEWS = 'subscription { reviewAdded(bookId: "42") { text } }';

describe('graphql-ws', { timeout: PATIENCE }, () => {
  const shop = shopOfSuite();

  function client(test, options = {}) {
    const client = createClient({ url: shop.webSocketUrl, ...options });
    test.after(() => client.dispose());
    return client;
  }

  /** What a client is told, up to the end. */
  async function all(answers) {
    const seen = [];
    for await (const answer of answers) seen.push(answer);
    return seen;
  }

  test('asks, changes and is told that this was all', async (test) => {
    const socket = client(test);
    const [{ data }] = await all(socket.iterate({ query: BOOK, variables: { id: '42' } }));
    assert.equal(typeof data.book.title, 'string');
    const query = 'mutation { reportReview(id: "none", reason: SPAM) { id } }';
    const [failed] = await all(socket.iterate({ query }));
    assert.equal(failed.errors[0].extensions.code, 'NOT_FOUND');
  });

  test('is told the faults of a document and keeps its connection', async (test) => {
    let opened = 0;
    const socket = client(test, { lazy: false, on: { opened: () => (opened += 1) } });
    await assert.rejects(all(socket.iterate({ query: '{ nope }' })), ([error]) => {
      assert.match(error.message, /nope/);
      return true;
    });
    await all(socket.iterate({ query: '{ book(id: "42") { title } }' }));
    assert.equal(opened, 1);
  });

  test('hears events until it says that it has enough', async (test) => {
    const messages = [];
    const socket = client(test, { on: { message: (message) => messages.push(message) } });
    const events = socket.iterate({ query: REVIEWS });
    const { value } = await shop.reviewUntil('42', events.next());
    assert.match(value.data.reviewAdded.text, /^The review number/);
    await events.return();
    // The connection is well: a query over it is answered, and nothing more of the subscription comes before.
    messages.length = 0;
    await shop.review('42', 'Nobody hears of this one.');
    await all(client(test).iterate({ query: BOOK, variables: { id: '42' } }));
    assert.deepEqual(messages.filter(({ type }) => type === 'next'), []);
  });

  test('pings, and is answered with what it said', async (test) => {
    let answered;
    const pong = new Promise((resolve) => (answered = resolve));
    const on = { pong: (received, payload) => received && answered(payload) };
    client(test, { lazy: false, keepAlive: 20, on });
    await pong;
    const socket = await open();
    socket.send(JSON.stringify({ type: 'ping', payload: { number: 7 } }));
    assert.deepEqual(await said(socket), { type: 'pong', payload: { number: 7 } });
    // A pong that nobody asked for is no fault.
    socket.send(JSON.stringify({ type: 'pong' }));
    socket.send(JSON.stringify({ type: 'ping' }));
    assert.deepEqual(await said(socket), { type: 'pong' });
    socket.terminate();
  });

  test('subscribes again by itself when the server was stopped, and when it crashed', async (test) => {
    for (const end of ['stop', 'kill']) {
      const codes = [];
      const socket = client(test, {
        retryAttempts: 100,
        retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)),
        shouldRetry: () => true,
        on: { closed: ({ code }) => codes.push(code) },
      });
      const events = socket.iterate({ query: REVIEWS });
      await shop.reviewUntil('42', events.next());
      await shop[end]();
      await shop.start();
      // Some of the first ones may still have waited.
      const { value } = await shop.reviewUntil('42', events.next());
      assert.match(value.data.reviewAdded.text, /^The review number/);
      assert.equal(codes[0], end === 'stop' ? 1001 : 1006, `${codes}`);
      await events.return();
    }
  });

  test('is let go with the code that the protocol has for each slip', async () => {
    const ask = (id) => ({ id, type: 'subscribe', payload: { query: REVIEWS } });
    const init = { type: 'connection_init' };
    const slips = [
      [CloseCode.BadRequest, [{ type: 'start' }]],
      [CloseCode.Unauthorized, [ask('1')]],
      [CloseCode.SubscriberAlreadyExists, [init, ask('1'), ask('1')]],
      [CloseCode.TooManyInitialisationRequests, [init, init]],
    ];
    for (const [code, messages] of slips) {
      const socket = await connect();
      messages.forEach((message) => socket.send(JSON.stringify(message)));
      const [closed] = await once(socket, 'close');
      assert.equal(closed, code, JSON.stringify(messages));
    }
    const silent = await connect();
    const [timeout] = await once(silent, 'close');
    assert.equal(timeout, CloseCode.ConnectionInitialisationTimeout);
    const other = await connect('graphql-ws').catch((error) => error);
    // A client refuses by itself when none of its protocols was agreed on.
    assert.match(`${other}`, /subprotocol/);
  });

  describe('where callers have to be known', () => {
    const settings = {
      ANABRANCH_SERVER__TRUSTED__REQUIRED: 'true',
      ANABRANCH_SERVER__STREAMS__INIT_HEADERS: '["authorization"]',
    };
    const guarded = shopOfSuite(settings, { 'x-reader': 'u7' });

    test('is let go with 4403 when it is not, and tries again', async (test) => {
      const codes = [];
      const socket = createClient({
        url: guarded.webSocketUrl,
        retryAttempts: 2,
        retryWait: async () => {},
        on: { closed: ({ code }) => codes.push(code) },
      });
      test.after(() => socket.dispose());
      await assert.rejects(all(socket.iterate({ query: '{ me { id } }' })), { code: CloseCode.Forbidden });
      assert.deepEqual(codes, [4403, 4403, 4403]);
    });

    test('is answered when it is, whatever else it says at first', async (test) => {
      class Known extends WebSocket {
        constructor(url, protocols) {
          super(url, protocols, { headers: { 'x-reader': 'u7' } });
        }
      }
      const socket = createClient({
        url: guarded.webSocketUrl,
        webSocketImpl: Known,
        connectionParams: { authorization: 'Bearer 7', 'x-reader': 'u8' },
      });
      test.after(() => socket.dispose());
      const [{ data }] = await all(socket.iterate({ query: '{ me { id } }' }));
      assert.equal(data.me.id, 'u7');
    });
  });

  async function connect(protocol = GRAPHQL_TRANSPORT_WS_PROTOCOL) {
    const socket = new WebSocket(shop.webSocketUrl, protocol);
    await once(socket, 'open');
    return socket;
  }

  async function open() {
    const socket = await connect();
    socket.send(JSON.stringify({ type: 'connection_init' }));
    assert.deepEqual(await said(socket), { type: 'connection_ack' });
    return socket;
  }

  async function said(socket) {
    const [message] = await once(socket, 'message');
    return JSON.parse(message);
  }
});
