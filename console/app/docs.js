// The page of the API's description, which is served beside the API and not below the console.

const place = document.getElementById('swagger-ui');

// The bundle is no module: it leaves its function with the window.
/** @type {any} */ (globalThis).SwaggerUIBundle({
  url: place?.dataset.description,
  dom_id: '#swagger-ui',
  deepLinking: true,
  // Who tries a call is somebody who works on it: show what it needs, not how long the list is.
  docExpansion: 'none',
  validatorUrl: null,
});
