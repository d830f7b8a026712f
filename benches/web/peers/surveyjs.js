// The form in SurveyJS, with its own look.

import { Model } from "survey-core";
import "survey-core/survey-core.css";
import { renderSurvey } from "survey-js-ui";
import { EMAIL, FIELDS, PHONE, REQUIRED, isEmail, isPhone, send } from "./fields.js";

const KINDS = { select: "dropdown", textarea: "comment", checkbox: "boolean" };
const CHECKS = { email: [isEmail, EMAIL], phone: [isPhone, PHONE] };

const elements = FIELDS.map(({ name, label, type, required, options, autocomplete }) => ({
  name,
  title: label,
  type: KINDS[type] ?? "text",
  isRequired: required,
  requiredErrorText: REQUIRED,
  // The one control that a browser has anyway, as the other peers have it.
  ...(type === "select" && { choices: options, renderAs: "select" }),
  ...(type === "checkbox" && { renderAs: "checkbox", validators: [{ type: "expression", expression: `{${name}} = true`, text: REQUIRED }] }),
  ...(!KINDS[type] && { inputType: type ?? "text", autocomplete }),
}));
const survey = new Model({ showQuestionNumbers: "off", completeText: "Get my quote", checkErrorsMode: "onValueChanged", elements });
survey.onValidateQuestion.add((_, asked) => {
  const [holds, words] = CHECKS[asked.name] ?? [];
  if (holds && asked.value && !holds(asked.value)) asked.error = words;
});
survey.onComplete.add(({ data }) => send(data));
renderSurvey(survey, document.getElementById("app"));
