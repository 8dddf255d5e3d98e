// Shows GraphiQL for the endpoint that this page came from. `?query=…&variables=…` in the address opens with that query.
(() => {
  const asked = new URLSearchParams(window.location.search);
  const socket = new URL(window.location.pathname, window.location.href);
  socket.protocol = socket.protocol.replace("http", "ws");
  const fetcher = GraphiQL.createFetcher({
    url: window.location.pathname,
    subscriptionUrl: socket.href,
  });
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
