// Apollo Client: its normalized cache, its errors, and subscriptions over graphql-ws.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { OperationTypeNode } from 'graphql';
import { createClient } from 'graphql-ws';
import { firstValueFrom } from 'rxjs';

import { PATIENCE, shopOfSuite } from './shop.js';

describe('Apollo Client', { timeout: PATIENCE }, () => {
  const shop = shopOfSuite();

  /** A client with a cache of its own. */
  function client(test) {
    const socket = createClient({ url: shop.webSocketUrl });
    const link = ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      new GraphQLWsLink(socket),
      new HttpLink({ uri: shop.url }),
    );
    const client = new ApolloClient({ link, cache: new InMemoryCache() });
    test.after(() => {
      client.stop();
      return socket.dispose();
    });
    return client;
  }

  test('keeps each book once, whatever was asked', async (test) => {
    const apollo = client(test);
    const query = gql`query ($id: ID!) { book(id: $id) { id title authors { id name } } }`;
    const { data } = await apollo.query({ query, variables: { id: '42' } });
    const { title, authors } = data.book;
    const kept = apollo.cache.extract()['Book:42'];
    assert.equal(kept.title, title);
    assert.deepEqual(kept.authors, authors.map(({ id }) => ({ __ref: `Author:${id}` })));
    const author = gql`query ($id: ID!) { book(id: $id) { authors { name } } }`;
    const cached = await apollo.query({ query: author, variables: { id: '42' }, fetchPolicy: 'cache-only' });
    assert.equal(cached.data.book.authors[0].name, authors[0].name);
  });

  test('sees the faults of a document as errors of GraphQL, not of the network', async (test) => {
    const asked = client(test).query({ query: gql`{ book(id: "42") { titel } }` });
    await assert.rejects(asked, (error) => {
      assert.ok(CombinedGraphQLErrors.is(error), `${error}`);
      assert.match(error.message, /titel/);
      return true;
    });
  });

  test('has the code of a failure', async (test) => {
    const mutation = gql`mutation { reportReview(id: "no such review", reason: SPAM) { id } }`;
    await assert.rejects(client(test).mutate({ mutation }), (error) => {
      assert.ok(CombinedGraphQLErrors.is(error), `${error}`);
      assert.equal(error.errors[0].extensions.code, 'NOT_FOUND');
      assert.deepEqual(error.errors[0].path, ['reportReview']);
      return true;
    });
  });

  test('shows what a mutation changed where it is watched', async (test) => {
    const apollo = client(test);
    const review = { bookId: '7', stars: 5, text: 'A good one.' };
    const write = gql`mutation ($review: ReviewInput!) { addReview(review: $review) { id state } }`;
    const written = await apollo.mutate({ mutation: write, variables: { review } });
    const { id } = written.data.addReview;
    const report = gql`mutation ($id: ID!) { reportReview(id: $id, reason: SPOILER) { id state } }`;
    await apollo.mutate({ mutation: report, variables: { id } });
    assert.equal(apollo.cache.extract()[`Review:${id}`].state, 'REPORTED');
  });

  test('hears of new reviews over graphql-ws', async (test) => {
    await hears(client(test));
  });

  test('hears of new reviews over HTTP, in parts', async (test) => {
    const apollo = new ApolloClient({ link: new HttpLink({ uri: shop.url }), cache: new InMemoryCache() });
    test.after(() => apollo.stop());
    await hears(apollo);
  });

  async function hears(apollo) {
    const query = gql`subscription { reviewAdded(bookId: "42") { id text } }`;
    const heard = firstValueFrom(apollo.subscribe({ query }));
    const { data } = await shop.reviewUntil('42', heard);
    assert.match(data.reviewAdded.text, /^The review number \d+\.$/);
  }
});
