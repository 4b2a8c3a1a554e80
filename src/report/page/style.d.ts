/** esbuild takes style sheets out of the bundle into a file of their own; importing one says that it belongs here. */
declare module '*.css';
