/**
 * Ids of devices and modules: 1 to 128 characters, ASCII letters and digits and `- : . + % _ # * ? ! ( ) , = @ ; $ '`, case-sensitive.
 * Source: IoT Hub developer guide, "Device identity properties" and "Module identity properties".
 */
const idPattern = /^[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/;

export const isValidId = (text: string): boolean => idPattern.test(text);
