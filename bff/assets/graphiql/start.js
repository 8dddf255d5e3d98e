// Shows GraphiQL for the endpoint that this page came from. `?query=…&variables=…` in the address opens with that query.
(() => {
  const asked = new URLSearchParams(window.location.search);
  const fetcher = GraphiQL.createFetcher({ url: window.location.pathname });
  const properties = {
    fetcher,
    defaultEditorToolsVisibility: true,
    query: asked.get("query") ?? undefined,
    variables: asked.get("variables") ?? undefined,
    operationName: asked.get("operationName") ?? undefined,
  };
  const root = ReactDOM.createRoot(document.getElementById("graphiql"));
  root.render(React.createElement(GraphiQL, properties));
})();
