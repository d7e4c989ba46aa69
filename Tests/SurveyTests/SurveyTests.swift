// SurveyTests
