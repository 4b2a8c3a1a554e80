/** Of all ways into the offset table: no register is lost, and areas name no address, so that they stand in modules' own files. */
export const areaOfModule = {
  clobbers: [],
  areaPlace: 'before',
  areaFile: 'module',
  areaFilled: 'bind',
} as const;
