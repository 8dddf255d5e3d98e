// The client of graphql-sse, with a connection for each operation and with one for all.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { createClient } from 'graphql-sse';

import { PATIENCE, shopOfSuite } from './shop.js';

const BOOK = 'query ($id: ID!) { book(id: $id) { title } }';
const REVIEWS = 'subscription { reviewAdded(bookId: "42") { text } }';

describe('graphql-sse', { timeout: PATIENCE }, () => {
  const shop = shopOfSuite();

  /** What a client is told, up to the end. */
  async function all(answers) {
    const seen = [];
    for await (const answer of answers) seen.push(answer);
    return seen;
  }

  function client(test, options) {
    const client = createClient({ url: shop.url, retryAttempts: 0, ...options });
    test.after(() => client.dispose());
    return client;
  }

  for (const singleConnection of [false, true]) {
    describe(singleConnection ? 'over a single connection' : 'with a connection for each operation', () => {
      test('asks, changes and is told that this was all', async (test) => {
        const sse = client(test, { singleConnection });
        const [{ data }] = await all(sse.iterate({ query: BOOK, variables: { id: '42' } }));
        assert.equal(typeof data.book.title, 'string');
        const query = 'mutation { reportReview(id: "none", reason: SPAM) { id } }';
        const [failed] = await all(sse.iterate({ query }));
        assert.equal(failed.errors[0].extensions.code, 'NOT_FOUND');
      });

      test('hears events of several subscriptions until it has enough', async (test) => {
        const sse = client(test, { singleConnection });
        const [one, other] = [sse.iterate({ query: REVIEWS }), sse.iterate({ query: REVIEWS })];
        const heard = await shop.reviewUntil('42', Promise.all([one.next(), other.next()]));
        for (const { value } of heard) assert.match(value.data.reviewAdded.text, /^The review number/);
        await one.return();
        const { value } = await shop.reviewUntil('42', other.next());
        assert.match(value.data.reviewAdded.text, /^The review number/);
        await other.return();
      });

      test('begins again by itself when the server was stopped, and when it crashed', async (test) => {
        for (const end of ['stop', 'kill']) {
          const sse = client(test, {
            singleConnection,
            retryAttempts: 100,
            retry: () => new Promise((resolve) => setTimeout(resolve, 50)),
          });
          const events = sse.iterate({ query: REVIEWS });
          await shop.reviewUntil('42', events.next());
          await shop[end]();
          await shop.start();
          const { value } = await shop.reviewUntil('42', events.next());
          assert.match(value.data.reviewAdded.text, /^The review number/);
          await events.return();
        }
      });
    });
  }

  test('is told the faults of a document as an answer, or where it asks', async (test) => {
    const [{ errors }] = await all(client(test).iterate({ query: '{ nope }' }));
    assert.match(errors[0].message, /nope/);
    const single = client(test, { singleConnection: true });
    const { response } = await all(single.iterate({ query: '{ nope }' })).catch((error) => error);
    assert.equal(response.status, 400);
  });

  test('has one stream however much it asks for, and none when it has enough', async (test) => {
    const asked = [];
    let ended;
    const end = new Promise((resolve) => (ended = resolve));
    const fetchFn = async (url, options) => {
      asked.push(options.method);
      const response = await fetch(url, options);
      if (options.method === 'DELETE') ended(response.status);
      return response;
    };
    const sse = client(test, { singleConnection: true, fetchFn });
    const events = sse.iterate({ query: REVIEWS });
    await shop.reviewUntil('42', events.next());
    for (const id of ['7', '8']) await all(sse.iterate({ query: BOOK, variables: { id } }));
    await events.return();
    assert.equal(await end, 200);
    assert.deepEqual(asked, ['PUT', 'GET', 'POST', 'POST', 'POST', 'DELETE']);
  });
});
