// urql: queries and mutations over HTTP, subscriptions over each of the transports that it is used with.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { Client, cacheExchange, fetchExchange, gql, subscriptionExchange } from '@urql/core';
import * as sse from 'graphql-sse';
import * as ws from 'graphql-ws';

import { PATIENCE, shopOfSuite } from './shop.js';

describe('urql', { timeout: PATIENCE }, () => {
  const shop = shopOfSuite();

  function client(options = {}) {
    const { exchanges = [], ...others } = options;
    return new Client({ url: shop.url, exchanges: [cacheExchange, fetchExchange, ...exchanges], ...others });
  }

  /** What urql makes of a client of graphql-ws or graphql-sse. */
  function over(transport) {
    return subscriptionExchange({
      forwardSubscription: (operation) => ({
        subscribe: (sink) => ({ unsubscribe: transport.subscribe(operation, sink) }),
      }),
    });
  }

  const BOOK = gql`query ($id: ID!) { book(id: $id) { id title } }`;
  const REVIEWS = gql`subscription ($book: ID!) { reviewAdded(bookId: $book) { id text } }`;

  for (const preferGetMethod of [false, true]) {
    test(`asks by ${preferGetMethod ? 'GET' : 'POST'} and keeps the answer`, async () => {
      const urql = client({ preferGetMethod });
      const first = await urql.query(BOOK, { id: '42' });
      assert.equal(first.error, undefined);
      assert.equal(first.data.book.id, '42');
      const again = await urql.query(BOOK, { id: '42' }, { requestPolicy: 'cache-only' });
      assert.equal(again.data.book.title, first.data.book.title);
    });
  }

  test('tells faults of a document and failures apart from those of the network', async () => {
    const { error } = await client().query(gql`{ book(id: "42") { titel } }`, {});
    assert.equal(error.networkError, undefined);
    assert.match(error.graphQLErrors[0].message, /titel/);
    const missing = gql`mutation { reportReview(id: "none", reason: SPAM) { id } }`;
    const failed = await client().mutation(missing, {});
    assert.equal(failed.error.graphQLErrors[0].extensions.code, 'NOT_FOUND');
  });

  test('changes things', async () => {
    const write = gql`mutation ($review: ReviewInput!) { addReview(review: $review) { id stars } }`;
    const review = { bookId: '7', stars: 5, text: 'A good one.' };
    const { data, error } = await client().mutation(write, { review });
    assert.equal(error, undefined);
    assert.equal(data.addReview.stars, 5);
  });

  const transports = {
    'graphql-ws': () => over(ws.createClient({ url: shop.webSocketUrl })),
    'graphql-sse': () => over(sse.createClient({ url: shop.url })),
  };
  for (const [name, transport] of Object.entries(transports)) {
    test(`hears of new reviews over ${name}`, async () => {
      await hears(client({ exchanges: [transport()] }));
    });
  }

  test('hears of new reviews over its own event streams', async () => {
    await hears(client({ fetchSubscriptions: true }));
  });

  async function hears(urql) {
    let heard;
    let leave;
    const first = new Promise((resolve) => (heard = resolve));
    ({ unsubscribe: leave } = urql.subscription(REVIEWS, { book: '42' }).subscribe(heard));
    const { data, error } = await shop.reviewUntil('42', first);
    leave();
    assert.equal(error, undefined);
    assert.match(data.reviewAdded.text, /^The review number/);
  }
});
